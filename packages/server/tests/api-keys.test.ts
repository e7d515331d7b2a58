import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { addUser, startTestApi, type TestApi } from "../testing/index.ts";

let api: TestApi;
let otherNode: TestApi;
before(async () => {
  api = await startTestApi();
  otherNode = await startTestApi({ besides: api });
});
after(async () => {
  await otherNode[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

interface KeyReply {
  data: { id: string; key: string; hint: string; last_used_at: number | null };
}

async function makeKey(body: object = {}): Promise<KeyReply["data"]> {
  const path = `/v1/workspaces/${api.credentials.org_id}/api_keys`;
  const reply = await api.call("POST", path, { body: { name: "test", ...body } });
  assert.equal(reply.status, 200);
  return (reply.body as KeyReply).data;
}

async function statusWith(node: TestApi, token: string, path = "/v1/users/me"): Promise<number> {
  return (await node.call("GET", path, { token })).status;
}

void test("a key is shown once and kept as a hash", async () => {
  const made = await makeKey();
  const stored = await api.db.kysely.selectFrom("api_keys").selectAll().execute();
  assert.ok(!JSON.stringify(stored).includes(made.key));
  const list = await api.call("GET", `/v1/workspaces/${api.credentials.org_id}/api_keys`);
  assert.ok(!JSON.stringify(list.body).includes(made.key));
  assert.ok(made.key.endsWith(made.hint));
});

void test("a revoked key stops working on every node within a second", async () => {
  const made = await makeKey();
  assert.equal(await statusWith(api, made.key), 200);
  assert.equal(await statusWith(otherNode, made.key), 200);
  const path = `/v1/workspaces/${api.credentials.org_id}/api_keys/${made.id}`;
  assert.equal((await api.call("DELETE", path)).status, 204);
  const revokedAtMs = performance.now();
  assert.equal(await statusWith(api, made.key), 401);
  while ((await statusWith(otherNode, made.key)) !== 401) assert.ok(performance.now() - revokedAtMs < 1_000);
  assert.equal((await api.call("DELETE", path)).status, 404);
});

void test("a key made on one node works on another at once", async () => {
  assert.equal(await statusWith(otherNode, (await makeKey()).key), 200);
});

void test("an expired key is refused", async () => {
  const key = await makeKey({ expires_at: Math.floor(Date.now() / 1000) + 60 });
  assert.deepEqual([await statusWith(api, key.key), await statusWith(otherNode, key.key)], [200, 200]);
  // Time passes for both: for the node that has the key in memory, and for the one that reads it.
  const ended = await makeKey({ expires_at: Math.floor(Date.now() / 1000) + 1 });
  assert.equal(await statusWith(api, ended.key), 200);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  assert.deepEqual([await statusWith(api, ended.key), await statusWith(otherNode, ended.key)], [401, 401]);
});

void test("a key made for a workspace reaches that one only", async () => {
  const { key } = await makeKey();
  const created = await api.call("POST", "/v1/workspaces", { body: { name: "Second" } });
  const second = (created.body as { data: { id: string } }).data.id;
  assert.equal(await statusWith(api, key, `/v1/workspaces/${second}`), 404);
  assert.equal(await statusWith(api, key, `/v1/workspaces/${api.credentials.org_id}`), 200);
  assert.equal(await statusWith(api, api.credentials.api_key, `/v1/workspaces/${second}`), 200);
  assert.equal(await statusWith(otherNode, api.credentials.api_key, `/v1/workspaces/${second}`), 200);
  assert.equal((await api.call("POST", "/v1/workspaces", { token: key, body: { name: "Third" } })).status, 403);
});

void test("a key that may only read changes nothing", async () => {
  const { key } = await makeKey({ scopes: ["read"] });
  assert.equal(await statusWith(api, key, "/v1/accounts"), 200);
  const reply = await api.call("POST", "/v1/projects", { token: key, body: { name: "p" } });
  assert.equal(reply.status, 403);
});

void test("when a key was last used is written in batches", async () => {
  const made = await makeKey();
  const before = Date.now();
  for (let i = 0; i < 5; i++) await statusWith(api, made.key);
  const lastUsed = async () => {
    const query = api.db.kysely.selectFrom("api_keys").select("last_used_at_ms").where("api_key_id", "=", made.id);
    return (await query.executeTakeFirstOrThrow()).last_used_at_ms;
  };
  assert.equal(await lastUsed(), null);
  await api.services.apiKeys.tick();
  const written = await lastUsed();
  assert.ok(written !== null && written >= before);
});

void test("roles decide: viewers look, members change, admins manage keys", async () => {
  const { org_id: orgId } = api.credentials;
  const expected = { viewer: [200, 403, 403], member: [200, 200, 403], admin: [200, 200, 200], owner: [200, 200, 200] };
  for (const role of ["viewer", "member", "admin", "owner"] as const) {
    const user = await addUser(api.db, { memberOf: { orgId, role }, ownsWorkspace: false });
    const token = user.apiKey;
    const statuses = [
      await statusWith(api, token, `/v1/workspaces/${orgId}/accounts`),
      (await api.call("POST", "/v1/projects", { token, body: { name: "p" } })).status,
      await statusWith(api, token, `/v1/workspaces/${orgId}/api_keys`),
    ];
    assert.deepEqual(statuses, expected[role], role);
  }
});

void test("an owner elsewhere who only views here is told so, and a stranger sees nothing", async () => {
  const { org_id: orgId } = api.credentials;
  const viewer = await addUser(api.db, { memberOf: { orgId, role: "viewer" } });
  const stranger = await addUser(api.db);
  const create = (token: string) =>
    api.call("POST", `/v1/projects?org_id=${orgId}`, { token, body: { name: "p" } }).then((reply) => reply.status);
  assert.deepEqual([await create(viewer.apiKey), await create(stranger.apiKey)], [403, 404]);
});

void test("a user who is removed from a workspace loses it with the next look-up", async () => {
  const { org_id: orgId } = api.credentials;
  const user = await addUser(api.db, { memberOf: { orgId, role: "member" } });
  assert.equal(await statusWith(api, user.apiKey, `/v1/workspaces/${orgId}`), 200);
  await api.db.kysely
    .deleteFrom("memberships")
    .where("user_id", "=", user.userId)
    .where("org_id", "=", orgId)
    .execute();
  await api.services.apiKeys.membershipsChanged(user.userId);
  assert.equal(await statusWith(api, user.apiKey, `/v1/workspaces/${orgId}`), 404);
});
