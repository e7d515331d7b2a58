import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { operations, type Operation } from "@millrace/contract";
import { addUser, startTestServer, type TestServer } from "../testing/index.ts";

let server: TestServer;
let ids: Record<string, string>;
before(async () => {
  server = await startTestServer();
  ids = await makeOneOfEach();
});
after(() => server.close());

const all: Operation[] = Object.values(operations);
const unknownIds: Record<string, string> = {
  workspace_id: "o_x",
  project_id: "proj_x",
  account_id: "apn_x",
  api_key_id: "ak_x",
  client_id: "unknown",
  webhook_id: "wh_x",
  source_id: "dc_x",
  component_id: "sc_x",
  workflow_id: "p_x",
  template_id: "tch_x",
};
// What a request must hold to be looked at beyond its form.
const FIELDS = {
  name: "x",
  url: "https://example.com",
  event: {},
  since: 0,
  active: true,
  deployment_id: "d_x",
  email: "x@example.com",
  role: "viewer",
};

function bodyFor({ method, path, openBody }: Operation): object | undefined {
  if (method !== "POST" && method !== "PUT") return undefined;
  if (openBody) return { NAME: "x" };
  return path.startsWith("/workflows/") ? { ...FIELDS, since: "2026-01-01T00:00:00Z" } : FIELDS;
}

async function send(options: { method: string; path: string; token: string | null; body?: unknown }) {
  const { method, path, token, body } = options;
  const response = await fetch(server.url + path, {
    method,
    headers: {
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text === "" ? null : JSON.parse(text)) as Record<string, unknown> | null };
}

async function made(path: string, body: unknown): Promise<string> {
  const reply = await server.call("POST", path, body);
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  return (reply.body as { data: { id: string } }).data.id;
}

async function makeOneOfEach(): Promise<Record<string, string>> {
  const component_id = await made("/components", { component_code: "export default { props: {}, run() {} };" });
  const workflow_id = await made("/workflows", {});
  return {
    workflow_id,
    template_id: await made("/templates", { workflow_id }),
    workspace_id: server.orgId,
    project_id: server.projectId,
    component_id,
    source_id: await made("/sources", { component_id, name: "matrix" }),
    account_id: await made("/accounts", { app: "slack", credentials: { token: "t" } }),
    api_key_id: await made(`/workspaces/${server.orgId}/api_keys`, { name: "k" }),
    client_id: await made(`/workspaces/${server.orgId}/oauth_clients`, { name: "c" }),
    webhook_id: await made("/webhooks", { url: "https://example.com" }),
  };
}

/** The kind of id at each place of a path: `:id` means what its collection holds. */
function kindsIn({ path }: Operation): string[] {
  const collection = path.split("/")[1]?.replace(/s$/, "") ?? "";
  return [...path.matchAll(/:(\w+)/g)].map(([, name = ""]) => (name.startsWith("id") ? `${collection}_id` : name));
}

function filled(operation: Operation, from: Readonly<Record<string, string>>): string {
  const kinds = kindsIn(operation);
  const query = operation.query?.required?.includes("confirm") ? "?confirm=x" : "";
  return `/v1${operation.path.replace(/:\w+/g, () => from[kinds.shift() ?? ""] ?? "unknown")}${query}`;
}

const scoped = all.filter((operation) => {
  const kinds = kindsIn(operation);
  return kinds.length > 0 && kinds.every((kind) => kind in unknownIds);
});

void test("every operation that is not public refuses a caller without a token, before it looks at anything else", async () => {
  for (const operation of all.filter(({ access }) => access !== "public")) {
    for (const token of [null, "", "mr_wrong", "eyJhbGciOiJub25lIn0.e30."]) {
      const { status } = await send({ method: operation.method, path: filled(operation, ids), token });
      assert.equal(status, 401, `${operation.id} with ${String(token)}`);
    }
  }
});

void test("what belongs to another workspace is as unknown as what does not exist", async () => {
  const { apiKey: token } = await addUser(server.db);
  assert.ok(scoped.length >= 25, String(scoped.length));
  for (const operation of scoped) {
    const { method } = operation;
    const body = bodyFor(operation);
    const foreign = await send({ method, path: filled(operation, ids), token, body });
    const missing = await send({ method, path: filled(operation, unknownIds), token, body });
    assert.deepEqual([foreign.status, missing.status], [404, 404], `${operation.id} ${JSON.stringify(foreign.body)}`);
    assert.deepEqual(Object.keys(foreign.body ?? {}), Object.keys(missing.body ?? {}), operation.id);
  }
  for (const path of [`/sources/${ids["source_id"]}`, `/accounts/${ids["account_id"]}`]) {
    assert.equal((await server.call("GET", path)).status, 200);
  }
});

void test("what another workspace owns cannot be named in a body or a query either", async () => {
  const { apiKey: token, orgId } = await addUser(server.db);
  const mine = await send({ method: "POST", path: "/v1/webhooks?url=https://example.com", token, body: {} });
  const webhookId = (mine.body as { data: { id: string } }).data.id;
  const attempts = [
    { path: "/v1/subscriptions", body: { emitter_id: ids["source_id"], listener_id: webhookId } },
    { path: "/v1/subscriptions", body: { emitter_id: server.orgId, listener_id: webhookId } },
    { path: "/v1/subscriptions", body: { emitter_id: orgId, listener_id: ids["webhook_id"] } },
    { path: "/v1/auto_subscriptions", body: { event_name: "$errors", listener_id: ids["webhook_id"] } },
    { path: "/v1/sources", body: { component_id: ids["component_id"], name: "x" } },
    { path: `/v1/projects?org_id=${server.orgId}`, body: { name: "x" } },
  ];
  for (const { path, body } of attempts) {
    const reply = await send({ method: "POST", path, token, body });
    assert.ok([400, 404].includes(reply.status), `${path} ${JSON.stringify(body)}: ${reply.status}`);
  }
});

void test("lists show nothing of others", async () => {
  const stranger = await addUser(server.db);
  const lists = all.filter(
    ({ method, access, reply }) =>
      method === "GET" && access !== "session" && JSON.stringify(reply).includes("page_info"),
  );
  const foreignIds = Object.values(ids);
  for (const operation of lists.filter((list) => kindsIn(list).every((kind) => kind === "workspace_id"))) {
    const path = filled(operation, { workspace_id: stranger.orgId ?? "" });
    const reply = await send({ method: "GET", path, token: stranger.apiKey });
    assert.equal(reply.status, 200, operation.id);
    const text = JSON.stringify(reply.body);
    for (const id of foreignIds) assert.ok(!text.includes(id), operation.id);
  }
  const path = `/v1/accounts?org_id=${server.orgId}`;
  assert.equal((await send({ method: "GET", path, token: stranger.apiKey })).status, 404);
});
