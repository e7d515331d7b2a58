import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { operations, type Operation } from "@millrace/contract";
import { addUser, startTestApi, type TestApi } from "../testing/index.ts";

let api: TestApi;
before(async () => {
  api = await startTestApi({ routes: "all" });
});
after(() => api[Symbol.asyncDispose]());

const all: Operation[] = Object.values(operations);

function filled(operation: Operation, ids: Readonly<Record<string, string>>): string {
  return `/v1${operation.path.replace(/:(\w+)/g, (_match, name: string) => ids[name] ?? "unknown")}`;
}

void test("every operation that is not public refuses a caller without a token, before it looks at anything else", async () => {
  for (const operation of all.filter(({ access }) => access !== "public")) {
    for (const token of [null, "", "mr_wrong", "eyJhbGciOiJub25lIn0.e30."]) {
      const reply = await api.call(operation.method, filled(operation, {}), { token, body: undefined });
      assert.equal(reply.status, 401, `${operation.id} with ${String(token)}`);
    }
  }
});

void test("what belongs to another workspace is as unknown as what does not exist", async () => {
  const { org_id, project_id } = api.credentials;
  const account = await api.call("POST", "/v1/accounts", { body: { app: "slack", credentials: { token: "t" } } });
  const key = await api.call("POST", `/v1/workspaces/${org_id}/api_keys`, { body: { name: "k" } });
  const idOf = (reply: { body: unknown }) => (reply.body as { data: { id: string } }).data.id;
  const ids = { workspace_id: org_id, project_id, account_id: idOf(account), api_key_id: idOf(key) };
  const unknown = { workspace_id: "o_x", project_id: "proj_x", account_id: "apn_x", api_key_id: "ak_x" };
  const stranger = await addUser(api.db);
  const scoped = all.filter(({ path }) => {
    const names = [...path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? "");
    return names.length > 0 && names.every((name) => name in ids);
  });
  assert.ok(scoped.length >= 10);
  for (const operation of scoped) {
    const body = operation.method === "GET" ? {} : { body: { name: "x", url: "https://example.com" } };
    const token = stranger.apiKey;
    const foreign = await api.call(operation.method, filled(operation, ids), { token, ...body });
    const missing = await api.call(operation.method, filled(operation, unknown), { token, ...body });
    assert.deepEqual([foreign.status, missing.status], [404, 404], operation.id);
    assert.deepEqual(Object.keys(foreign.body ?? {}), Object.keys(missing.body ?? {}), operation.id);
  }
  const mine = await api.call("GET", `/v1/accounts/${ids.account_id}`);
  assert.equal(mine.status, 200);
});

void test("lists show nothing of others", async () => {
  const stranger = await addUser(api.db);
  for (const path of ["/v1/accounts", "/v1/users/me/workspaces", `/v1/workspaces/${stranger.orgId}/accounts`]) {
    const reply = await api.call("GET", path, { token: stranger.apiKey });
    assert.equal(reply.status, 200);
    assert.ok(!JSON.stringify(reply.body).includes(api.credentials.org_id), path);
  }
  const narrowed = await api.call("GET", `/v1/accounts?org_id=${api.credentials.org_id}`, { token: stranger.apiKey });
  assert.equal(narrowed.status, 404);
});
