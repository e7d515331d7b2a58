import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { decodeJwt, decodeProtectedHeader, type JWK } from "jose";
import { AccessTokens, Vault } from "../src/accounts/index.ts";
import { Database } from "../src/db/index.ts";
import { startTestApi, testDatabase } from "../testing/index.ts";
import { TokenWorld } from "./oauth/token-world.ts";

let world: TokenWorld;
before(async () => {
  world = await TokenWorld.start();
});
after(() => world[Symbol.asyncDispose]());

test("a revoked token ends on every node within a second, and others stay", async () => {
  const client = await world.makeClient();
  const [token, kept] = [await world.tokenOf(client), await world.tokenOf(client)];
  for (const node of [world.api, world.otherNode]) assert.equal(await world.statusWith(token, node), 200);
  const reply = await world.revoke(client, token);
  assert.deepEqual([reply.status, reply.body], [200, {}]);
  assert.equal(await world.statusWith(token), 401);
  await world.refusedSoon(token, world.otherNode);
  assert.deepEqual([await world.statusWith(kept), await world.statusWith(kept, world.otherNode)], [200, 200]);
  assert.equal((await world.revoke(client, token)).status, 200, "revoking twice");
});

test("a revocation that was told while nobody could listen is learnt after the reconnect", async () => {
  const client = await world.makeClient();
  const token = await world.tokenOf(client);
  assert.equal(await world.statusWith(token, world.otherNode), 200);
  await world.api.db.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'millrace listen' and datname = current_database()",
  );
  assert.equal((await world.revoke(client, token)).status, 200);
  await world.refusedSoon(token, world.otherNode);
});

test("a node with connections and an address of its own takes part at once", async () => {
  const db = await Database.connect({ url: world.api.db.url });
  const onError = (error: unknown) => assert.fail(String(error));
  const vault = new Vault({ db, secretKey: world.api.secretKey });
  const node = new AccessTokens({ db, vault, issuer: "https://elsewhere.example", onError });
  await node.start();
  try {
    const client = await world.makeClient();
    const mine = await world.tokenOf(client);
    assert.equal((await node.authenticate(mine))?.clientId, client.client_id);
    const credentials = { clientId: client.client_id, clientSecret: client.client_secret, ip: "" };
    const theirs = await node.issue(credentials, undefined);
    assert.equal(decodeJwt(theirs.token).iss, "https://elsewhere.example");
    assert.equal(await world.statusWith(theirs.token), 200);
    assert.equal((await world.revoke(client, mine)).status, 200);
    const revokedAtMs = performance.now();
    while ((await node.authenticate(mine)) !== null) {
      assert.ok(performance.now() - revokedAtMs < 1_000);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await node.revoke(credentials, theirs.token);
    await world.refusedSoon(theirs.token, world.api);
  } finally {
    await node.stop();
    await db.close();
  }
});

test("unknown tokens, and those of other clients, are revoked without an error and without an effect", async () => {
  const [client, other] = [await world.makeClient(), await world.makeClient()];
  const token = await world.tokenOf(client);
  for (const text of ["unknown", "eyJhbGciOiJub25lIn0.e30.", token]) {
    const reply = await world.revoke(other, text);
    assert.deepEqual([reply.status, reply.body], [200, {}], text);
  }
  assert.equal(await world.statusWith(token), 200);
  assert.equal((await world.revoke({ ...client, client_secret: "wrong" }, token)).status, 401);
  assert.equal((await world.revoke(client, "")).status, 400);
  assert.equal(await world.statusWith(token), 200);
});

test("a deleted client's tokens end with it on every node", async () => {
  const client = await world.makeClient();
  const token = await world.tokenOf(client);
  assert.equal(await world.statusWith(token, world.otherNode), 200);
  const path = `/v1/workspaces/${world.api.credentials.org_id}/oauth_clients/${client.client_id}`;
  assert.equal((await world.api.call("DELETE", path)).status, 204);
  assert.equal(await world.statusWith(token), 401);
  await world.refusedSoon(token, world.otherNode);
  assert.equal((await world.ask({ grant_type: "client_credentials", ...client })).status, 401);
  assert.equal((await world.api.call("DELETE", path)).status, 404);
});

test("checking a token asks the database nothing", async () => {
  const token = await world.tokenOf(await world.makeClient());
  const { pool } = world.api.db;
  const held = await Promise.all(Array.from({ length: pool.options.max }, () => pool.connect()));
  try {
    const principal = await world.api.services.authenticate(token);
    assert.equal(principal?.kind, "client");
    assert.equal(await world.api.services.authenticate(`${token}x`), null);
  } finally {
    for (const connection of held) connection.release();
  }
});

test("keys are rotated: the next is published before it signs, and tokens of the former stay valid", async () => {
  const client = await world.makeClient();
  const DAY_MS = 24 * 3_600_000;
  const kidOf = (token: string) => decodeProtectedHeader(token).kid;
  const first = await world.tokenOf(client);
  await Promise.all(
    [world.api, world.otherNode].map((node) => node.services.accessTokens.keepUp(Date.now() + 30 * DAY_MS)),
  );
  await world.otherNode.services.accessTokens.refresh();
  const { keys } = (await (await fetch(`${world.otherNode.url}/.well-known/jwks.json`)).json()) as { keys: JWK[] };
  assert.equal(keys.length, 2, "one is added, whatever the number of nodes");
  assert.equal(kidOf(await world.tokenOf(client, { node: world.otherNode })), kidOf(first), "it does not sign yet");
  await world.api.db.query("update oauth_signing_keys set signs_from_ms = $1 where signs_from_ms > $1", [Date.now()]);
  const fresh = await startTestApi({ besides: world.api });
  try {
    const second = await world.tokenOf(client, { node: fresh });
    assert.notEqual(kidOf(second), kidOf(first));
    assert.deepEqual([await world.statusWith(first, fresh), await world.statusWith(second, fresh)], [200, 200]);
  } finally {
    await fresh[Symbol.asyncDispose]();
  }
});

test("signing keys outlive the secret key that they were sealed with, and one that is lost gets a successor", async () => {
  await using database = await testDatabase();
  const { db } = database;
  const [first, second, third] = [1, 2, 3].map((byte) => Buffer.alloc(32, byte)) as [Buffer, Buffer, Buffer];
  const onError = (error: unknown) => assert.fail(String(error));
  const keyIdsWith = async (secretKey: Buffer, formerSecretKeys: Buffer[] = []) => {
    const vault = new Vault({ db, secretKey, formerSecretKeys });
    const node = new AccessTokens({ db, vault, issuer: "https://millrace.example", onError });
    await node.start();
    await node.stop();
    return node.jwks().keys.map((key) => key.kid);
  };
  const made = await keyIdsWith(first);
  assert.equal(made.length, 1);
  assert.deepEqual(await keyIdsWith(second, [first]), made);
  assert.deepEqual(await keyIdsWith(second), made);
  const besides = await keyIdsWith(third);
  assert.equal(besides.length, 2);
  assert.ok(besides.includes(made[0]), "what the lost one signed is still verified");
});
