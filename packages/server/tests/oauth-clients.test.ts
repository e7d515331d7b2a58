import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { addUser, startTestApi, type CallOptions, type TestApi } from "../testing/index.ts";

let api: TestApi;
before(async () => {
  api = await startTestApi();
});
after(() => api[Symbol.asyncDispose]());

interface ClientReply {
  data: { id: string; client_id: string; client_secret: string; secret_hint: string; role: string; scopes: string[] };
}

const clientsPath = () => `/v1/orgs/${api.credentials.org_id}/oauth_clients`;

async function makeClient(body: object = {}, options: CallOptions = {}) {
  const reply = await api.call("POST", clientsPath(), { body: { name: "test", ...body }, ...options });
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  return (reply.body as ClientReply).data;
}

async function tokenStatus(clientId: string, secret: string): Promise<number> {
  const body = { grant_type: "client_credentials", client_id: clientId, client_secret: secret };
  return (await api.call("POST", "/v1/oauth/token", { token: null, body })).status;
}

test("a client's secret is shown once and kept as a hash", async () => {
  const made = await makeClient({ name: "Robot" });
  assert.equal(made.id, made.client_id);
  assert.deepEqual([made.role, made.scopes], ["admin", ["*"]]);
  assert.ok(made.client_secret.endsWith(made.secret_hint));
  const stored = await api.db.kysely.selectFrom("oauth_clients").selectAll().execute();
  assert.ok(!JSON.stringify(stored).includes(made.client_secret));
  const list = await api.call("GET", clientsPath());
  assert.match(JSON.stringify(list.body), /"name":"Robot"/);
  assert.ok(!JSON.stringify(list.body).includes(made.client_secret));
  assert.ok(!api.log().includes(made.client_secret));
});

test("the client of the first start gets tokens", async () => {
  const { oauth_client_id: id, oauth_client_secret: secret } = api.credentials;
  assert.equal(await tokenStatus(id, secret), 200);
});

test("a rotated secret works beside the new one for the chosen time", async () => {
  const made = await makeClient();
  const rotate = async (overlapSeconds: number) => {
    const path = `${clientsPath()}/${made.id}/rotate_secret`;
    const reply = await api.call("POST", path, { body: { overlap_seconds: overlapSeconds } });
    return (reply.body as ClientReply).data.client_secret;
  };
  const second = await rotate(1);
  assert.deepEqual([await tokenStatus(made.id, made.client_secret), await tokenStatus(made.id, second)], [200, 200]);
  const rotatedAtMs = performance.now();
  while ((await tokenStatus(made.id, made.client_secret)) === 200) {
    assert.ok(performance.now() - rotatedAtMs < 2_000);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.equal(await tokenStatus(made.id, second), 200);
  const third = await rotate(0);
  assert.deepEqual([await tokenStatus(made.id, second), await tokenStatus(made.id, third)], [401, 200]);
});

test("an overlap outside of its bounds and an unknown scope are refused by name", async () => {
  const made = await makeClient();
  for (const overlap_seconds of [-1, 31 * 86_400, "soon"]) {
    const reply = await api.call("POST", `${clientsPath()}/${made.id}/rotate_secret`, { body: { overlap_seconds } });
    assert.equal(reply.status, 400, String(overlap_seconds));
    assert.match(JSON.stringify(reply.body), /overlap_seconds/);
  }
  for (const body of [{ scopes: ["launch"] }, { scopes: [] }, { role: "owner" }, { name: "" }]) {
    const reply = await api.call("POST", clientsPath(), { body: { name: "x", ...body } });
    assert.equal(reply.status, 400, JSON.stringify(body));
  }
});

test("clients of another workspace are unknown", async () => {
  const { id } = await makeClient();
  const stranger = await addUser(api.db);
  const foreign = `/v1/workspaces/${stranger.orgId}/oauth_clients/${id}`;
  for (const [method, path] of [
    ["DELETE", foreign],
    ["POST", `${foreign}/rotate_secret`],
    ["DELETE", `${clientsPath()}/${id}`],
    ["GET", clientsPath()],
    ["POST", clientsPath()],
  ] as const) {
    const body = method === "POST" ? { name: "x" } : undefined;
    assert.equal((await api.call(method, path, { token: stranger.apiKey, body })).status, 404, `${method} ${path}`);
  }
});

test("members may not manage clients, and no client manages others", async () => {
  const member = await addUser(api.db, { memberOf: { orgId: api.credentials.org_id, role: "member" } });
  assert.equal((await api.call("GET", clientsPath(), { token: member.apiKey })).status, 403);
  const made = await makeClient();
  const body = { grant_type: "client_credentials", client_id: made.id, client_secret: made.client_secret };
  const issued = await api.call("POST", "/v1/oauth/token", { token: null, body });
  const { access_token: token } = issued.body as { access_token: string };
  const refused = await api.call("POST", clientsPath(), { token, body: { name: "x" } });
  assert.deepEqual([refused.status, (refused.body as { code: string }).code], [403, "user_key_required"]);
});

test("a key with an end or scopes makes neither clients nor stronger keys", async () => {
  const keysPath = `/v1/workspaces/${api.credentials.org_id}/api_keys`;
  const makeKey = (body: object, token?: string) =>
    api.call("POST", keysPath, { body: { name: "k", ...body }, ...(token !== undefined && { token }) });
  const inAnHour = Math.floor(Date.now() / 1000) + 3600;
  const keyOf = async (body: object) => ((await makeKey(body)).body as { data: { key: string } }).data.key;
  const expiring = await keyOf({ expires_at: inAnHour });
  const writing = await keyOf({ scopes: ["write"] });
  for (const token of [expiring, writing]) {
    assert.equal((await api.call("POST", clientsPath(), { token, body: { name: "x" } })).status, 403);
    assert.equal((await makeKey({}, token)).status, 403);
  }
  assert.equal((await makeKey({ expires_at: inAnHour + 1 }, expiring)).status, 403);
  assert.equal((await makeKey({ expires_at: inAnHour }, expiring)).status, 200);
  assert.equal((await makeKey({ scopes: ["read"] }, writing)).status, 200);
  const past = await makeKey({ expires_at: Math.floor(Date.now() / 1000) - 1 });
  assert.equal(past.status, 400);
  assert.match(JSON.stringify(past.body), /expires_at/);
});
