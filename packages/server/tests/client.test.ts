import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { MillraceClient, MillraceError } from "@millrace/client";
import { startTestApi, type TestApi } from "../testing/index.ts";

let api: TestApi;
let client: MillraceClient;
before(async () => {
  api = await startTestApi();
  client = new MillraceClient({ url: `${api.url}/`, token: api.credentials.api_key });
});
after(() => api[Symbol.asyncDispose]());

void test("operations are called with inputs and replies of the contract", async () => {
  const made = await client.call("createAccount", { app: "slack", credentials: { token: "t" }, name: "A b/ü" });
  const found = await client.call("getAccount", { account_id: made.data.id, include_credentials: true });
  assert.deepEqual([found.data.name, found.data.credentials], ["A b/ü", { token: "t" }]);
  const changed = await client.call("updateAccount", { account_id: made.data.id, name: null });
  assert.equal(changed.data.name, null);
  assert.equal(await client.call("deleteAccount", { account_id: made.data.id }), undefined);
  assert.match((await client.call("getCurrentUser")).data.id, /^u_/);
});

void test("ids are encoded in paths", async () => {
  await assert.rejects(client.call("getApp", { app_id: "../users/me?x=/" }), { status: 404, code: "not_found" });
  await assert.rejects(client.call("getApp", { app_id: ".." }), TypeError);
});

void test("an error carries status, code, details and request id", async () => {
  const failed = client.call("createAccount", { app: "slack_bot", credentials: {} });
  const error = await failed.then(
    () => null,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof MillraceError);
  assert.deepEqual([error.status, error.code], [400, "invalid_input"]);
  assert.deepEqual(error.details, [{ path: "credentials.bot_token", message: "is required" }]);
  assert.ok(error.requestId);
  const refused = new MillraceClient({ url: api.url, token: "mr_wrong" });
  await assert.rejects(refused.call("listApps"), { status: 401, code: "unauthorized" });
});

void test("a list is gone through page by page", async () => {
  const names = Array.from({ length: 7 }, (_, index) => `p${index}`);
  for (const name of names) await client.call("createProject", { name });
  const seen: string[] = [];
  const workspace_id = api.credentials.org_id;
  for await (const project of client.items("listProjects", { workspace_id, limit: 3 })) seen.push(project.name);
  assert.deepEqual(seen.slice(0, -1).toSorted(), names);
  assert.equal(seen.at(-1), "Default project");
});

void test("an idempotency key is sent", async () => {
  const options = { idempotencyKey: "client-1" };
  const first = await client.call("createProject", { name: "once" }, options);
  assert.deepEqual(await client.call("createProject", { name: "once" }, options), first);
});

void test("an OAuth client's token is fetched once for many calls, and again when it was revoked", async () => {
  const paths: string[] = [];
  const tokens = new Set<string>();
  const counting: typeof fetch = (input, init) => {
    paths.push(new URL(input instanceof Request ? input.url : input).pathname);
    const sent = new Headers(init?.headers).get("authorization");
    if (sent !== null) tokens.add(sent.replace("Bearer ", ""));
    return fetch(input, init);
  };
  const { oauth_client_id: clientId, oauth_client_secret: clientSecret } = api.credentials;
  const program = new MillraceClient({ url: api.url, clientId, clientSecret, fetch: counting });
  await Promise.all([program.call("listApps"), program.call("listApps"), program.call("listWorkspaces")]);
  assert.equal(paths.filter((path) => path === "/v1/oauth/token").length, 1);
  const [token = ""] = tokens;
  const body = { token, client_id: clientId, client_secret: clientSecret };
  assert.equal((await api.call("POST", "/v1/oauth/revoke", { token: null, body })).status, 200);
  assert.equal((await program.call("listWorkspaces")).data[0]?.id, api.credentials.org_id);
  assert.equal(paths.filter((path) => path === "/v1/oauth/token").length, 2);
  await assert.rejects(program.call("getCurrentUser"), { status: 403, code: "user_key_required" });
});

void test("an OAuth client with a wrong secret is told so", async () => {
  const { oauth_client_id: clientId } = api.credentials;
  const program = new MillraceClient({ url: api.url, clientId, clientSecret: "wrong" });
  await assert.rejects(program.call("listApps"), { status: 401, code: "invalid_client" });
});
