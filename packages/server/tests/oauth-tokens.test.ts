import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  createRemoteJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  importJWK,
  jwtVerify,
  SignJWT,
  type JWK,
  type JWTPayload,
} from "jose";
import { AccessTokens, Vault } from "../src/accounts/index.ts";
import { Database } from "../src/db/index.ts";
import { startTestApi, testDatabase, type TestApi, type TestReply } from "../testing/index.ts";

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

interface Client {
  client_id: string;
  client_secret: string;
}

interface TokenReply {
  access_token: string;
  token_type: string;
  expires_in: number;
  created_at: number;
  scope: string;
}

async function makeClient(body: object = {}): Promise<Client> {
  const path = `/v1/workspaces/${api.credentials.org_id}/oauth_clients`;
  const reply = await api.call("POST", path, { body: { name: "test", ...body } });
  const { client_id, client_secret } = (reply.body as { data: Client }).data;
  return { client_id, client_secret };
}

function ask(body: unknown, options: { node?: TestApi; headers?: Record<string, string> } = {}): Promise<TestReply> {
  const { node = api, headers } = options;
  return node.call("POST", "/v1/oauth/token", { token: null, body, ...(headers && { headers }) });
}

async function tokenOf(client: Client, options: { node?: TestApi; scope?: string } = {}): Promise<string> {
  const { scope } = options;
  const body = { grant_type: "client_credentials", ...client, ...(scope !== undefined && { scope }) };
  const reply = await ask(body, options);
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  return (reply.body as TokenReply).access_token;
}

async function statusWith(token: string, node = api): Promise<number> {
  return (await node.call("GET", `/v1/workspaces/${api.credentials.org_id}`, { token })).status;
}

async function refusedSoon(token: string, node: TestApi): Promise<void> {
  const startedAtMs = performance.now();
  while ((await statusWith(token, node)) !== 401) assert.ok(performance.now() - startedAtMs < 1_000);
}

const form = { "content-type": "application/x-www-form-urlencoded" };
const basicOf = ({ client_id, client_secret }: Client) => ({
  authorization: `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString("base64")}`,
});

test("a token is asked for in JSON, in a form, and by HTTP Basic", async () => {
  const client = await makeClient();
  const grant = { grant_type: "client_credentials" };
  const replies = [
    await ask({ ...grant, ...client }),
    await ask(String(new URLSearchParams({ ...grant, ...client, project_id: "proj_1" })), { headers: form }),
    await ask(String(new URLSearchParams(grant)), { headers: { ...form, ...basicOf(client) } }),
    await ask(grant, { headers: basicOf(client) }),
  ];
  for (const reply of replies) {
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    assert.match(reply.headers.get("content-type") ?? "", /^application\/json/);
    assert.equal(reply.headers.get("cache-control"), "no-store");
    const { access_token, ...rest } = reply.body as TokenReply;
    assert.deepEqual({ ...rest, created_at: 0 }, { token_type: "Bearer", expires_in: 3600, created_at: 0, scope: "*" });
    assert.equal(await statusWith(access_token), 200);
  }
});

test("a later token leaves the earlier ones valid, on every node", async () => {
  const client = await makeClient();
  const tokens = [await tokenOf(client), await tokenOf(client), await tokenOf(client, { node: otherNode })];
  assert.equal(new Set(tokens).size, 3);
  for (const token of tokens)
    assert.deepEqual([await statusWith(token), await statusWith(token, otherNode)], [200, 200]);
});

test("what a token says can be checked by anyone with the published keys", async () => {
  const metadata = await (await fetch(`${api.url}/.well-known/oauth-authorization-server`)).json();
  const { issuer, jwks_uri, token_endpoint } = metadata as Record<string, string>;
  assert.deepEqual([issuer, token_endpoint], [api.url, `${api.url}/v1/oauth/token`]);
  const client = await makeClient();
  const keys = createRemoteJWKSet(new URL(jwks_uri ?? ""));
  const token = await tokenOf(client);
  const { payload, protectedHeader } = await jwtVerify(token, keys, { issuer: api.url, audience: "catcher" });
  assert.equal(protectedHeader.alg, "EdDSA");
  assert.deepEqual(payload.aud, ["api", "catcher"]);
  assert.equal(payload.sub, api.credentials.org_id);
  assert.equal((payload.exp ?? 0) - (payload.iat ?? 0), 3600);
  assert.deepEqual([payload["client_id"], payload["scope"]], [client.client_id, "*"]);
  const published = await (await fetch(`${api.url}/.well-known/jwks.json`)).text();
  assert.ok(!published.includes('"d"'), "the private part is not published");
  const stored = await api.db.kysely.selectFrom("oauth_signing_keys").selectAll().execute();
  assert.ok(!JSON.stringify(stored).includes('\\"d\\"'), "nor is it in the database as it is");
});

test("refusals have OAuth's own form", async () => {
  const client = await makeClient({ scopes: ["read"] });
  const grant = { grant_type: "client_credentials" };
  const cases: [number, string, unknown, Record<string, string>?][] = [
    [401, "invalid_client", { ...grant, ...client, client_secret: "wrong" }],
    [401, "invalid_client", { ...grant, ...client, client_id: "unknown" }],
    [401, "invalid_client", grant],
    [401, "invalid_client", grant, { authorization: "Basic !!" }],
    [400, "unsupported_grant_type", { ...client, grant_type: "password" }],
    [400, "invalid_request", client],
    [400, "invalid_request", "{"],
    [400, "invalid_request", { ...grant, ...client, scope: 5 }],
    [400, "invalid_request", { ...grant, client_secret: "x" }, basicOf(client)],
    [400, "invalid_request", "grant_type=client_credentials&grant_type=client_credentials", form],
    [415, "invalid_request", "<xml/>", { "content-type": "text/xml" }],
    [400, "invalid_scope", { ...grant, ...client, scope: "launch" }],
    [400, "invalid_scope", { ...grant, ...client, scope: "read write" }],
    [400, "invalid_scope", { ...grant, ...client, scope: "*" }],
  ];
  for (const [status, error, body, headers] of cases) {
    const reply = await ask(body, headers && { headers });
    const said = reply.body as Record<string, unknown>;
    assert.deepEqual([reply.status, said["error"]], [status, error], JSON.stringify(body));
    assert.deepEqual(Object.keys(said), ["error", "error_description"]);
    assert.equal(reply.headers.get("www-authenticate")?.startsWith("Basic"), status === 401 ? true : undefined);
  }
  const inUrl = await api.call("POST", `/v1/oauth/token?${String(new URLSearchParams({ ...grant, ...client }))}`, {
    token: null,
  });
  assert.equal(inUrl.status, 400, "a secret in the URL is not read");
});

test("a form is no body for other operations", async () => {
  const reply = await api.call("POST", "/v1/projects", { body: "name=x", headers: form });
  assert.equal(reply.status, 415);
});

async function signedBy(jwk: JWK, payload: JWTPayload, header: { kid?: string; alg?: string; typ?: string } = {}) {
  const protectedHeader = { alg: "EdDSA", typ: "at+jwt", ...header };
  const signer = new SignJWT(payload).setProtectedHeader(protectedHeader);
  return signer.sign(protectedHeader.alg === "EdDSA" ? await importJWK(jwk, "EdDSA") : Buffer.from(jwk.x ?? ""));
}

test("forged, tampered, expired, foreign and unsigned tokens are refused alike", async () => {
  const good = await tokenOf(await makeClient());
  const claims = decodeJwt(good);
  const { kid = "" } = decodeProtectedHeader(good);
  const row = await api.db.kysely
    .selectFrom("oauth_signing_keys")
    .selectAll()
    .where("key_id", "=", kid)
    .executeTakeFirstOrThrow();
  const box = api.services.vault.instanceBox("oauth signing keys v1");
  const own = JSON.parse(box.open(row.sealed_private_jwk)) as JWK;
  assert.equal(
    await statusWith(await signedBy(own, { ...claims, jti: "own" }, { kid })),
    200,
    "the forger's tools work",
  );
  const [head = "", body = "", signature = ""] = good.split(".");
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const nowSeconds = Math.floor(Date.now() / 1000);
  const foreign = await generateKeyPair("EdDSA", { extractable: true });
  const foreignJwk = await exportJWK(foreign.privateKey);
  const { jti: _jti, ...withoutId } = claims;
  const forged: Record<string, string> = {
    "alg none": `${part({ alg: "none", typ: "at+jwt", kid })}.${body}.`,
    "alg none with a signature": `${part({ alg: "none", typ: "at+jwt", kid })}.${body}.${signature}`,
    "other claims": `${head}.${part({ ...claims, sub: "o_other" })}.${signature}`,
    "no signature": `${head}.${body}.`,
    "half a token": `${head}.${body}`,
    "another key under our key's name": await signedBy(foreignJwk, claims, { kid }),
    "an unknown key": await signedBy(foreignJwk, claims, { kid: "unknown" }),
    "the public key as a password": await signedBy(JSON.parse(row.public_jwk) as JWK, claims, { kid, alg: "HS256" }),
    expired: await signedBy(own, { ...claims, jti: "1", exp: nowSeconds - 6 }, { kid }),
    "not yet valid": await signedBy(own, { ...claims, jti: "2", nbf: nowSeconds + 60 }, { kid }),
    "another issuer": await signedBy(own, { ...claims, jti: "3", iss: "https://evil.example" }, { kid }),
    "another audience": await signedBy(own, { ...claims, jti: "4", aud: "shop" }, { kid }),
    "another workspace": await signedBy(own, { ...claims, jti: "5", sub: "o_other" }, { kid }),
    "another client": await signedBy(own, { ...claims, jti: "6", client_id: "other" }, { kid }),
    "another type": await signedBy(own, { ...claims, jti: "7" }, { kid, typ: "JWT" }),
    "no id": await signedBy(own, withoutId, { kid }),
  };
  const replies = new Set<string>();
  for (const [name, token] of Object.entries(forged)) {
    const reply = await api.call("GET", `/v1/workspaces/${api.credentials.org_id}`, { token });
    assert.equal(reply.status, 401, name);
    const { request_id: _id, ...said } = reply.body as Record<string, unknown>;
    replies.add(JSON.stringify(said));
  }
  assert.equal(replies.size, 1, [...replies].join("\n"));
});

function revoke(client: Client, token: string, node = api): Promise<TestReply> {
  return node.call("POST", "/v1/oauth/revoke", { token: null, body: { token, ...client } });
}

test("a revoked token ends on every node within a second, and others stay", async () => {
  const client = await makeClient();
  const [token, kept] = [await tokenOf(client), await tokenOf(client)];
  for (const node of [api, otherNode]) assert.equal(await statusWith(token, node), 200);
  const reply = await revoke(client, token);
  assert.deepEqual([reply.status, reply.body], [200, {}]);
  assert.equal(await statusWith(token), 401);
  await refusedSoon(token, otherNode);
  assert.deepEqual([await statusWith(kept), await statusWith(kept, otherNode)], [200, 200]);
  assert.equal((await revoke(client, token)).status, 200, "revoking twice");
});

test("a revocation that was told while nobody could listen is learnt after the reconnect", async () => {
  const client = await makeClient();
  const token = await tokenOf(client);
  assert.equal(await statusWith(token, otherNode), 200);
  await api.db.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'millrace listen' and datname = current_database()",
  );
  assert.equal((await revoke(client, token)).status, 200);
  await refusedSoon(token, otherNode);
});

test("a node with connections and an address of its own takes part at once", async () => {
  const db = await Database.connect({ url: api.db.url });
  const onError = (error: unknown) => assert.fail(String(error));
  const vault = new Vault({ db, secretKey: api.secretKey });
  const node = new AccessTokens({ db, vault, issuer: "https://elsewhere.example", onError });
  await node.start();
  try {
    const client = await makeClient();
    const mine = await tokenOf(client);
    assert.equal((await node.authenticate(mine))?.clientId, client.client_id);
    const credentials = { clientId: client.client_id, clientSecret: client.client_secret, ip: "" };
    const theirs = await node.issue(credentials, undefined);
    assert.equal(decodeJwt(theirs.token).iss, "https://elsewhere.example");
    assert.equal(await statusWith(theirs.token), 200);
    assert.equal((await revoke(client, mine)).status, 200);
    const revokedAtMs = performance.now();
    while ((await node.authenticate(mine)) !== null) {
      assert.ok(performance.now() - revokedAtMs < 1_000);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await node.revoke(credentials, theirs.token);
    await refusedSoon(theirs.token, api);
  } finally {
    await node.stop();
    await db.close();
  }
});

test("unknown tokens, and those of other clients, are revoked without an error and without an effect", async () => {
  const [client, other] = [await makeClient(), await makeClient()];
  const token = await tokenOf(client);
  for (const text of ["unknown", "eyJhbGciOiJub25lIn0.e30.", token]) {
    const reply = await revoke(other, text);
    assert.deepEqual([reply.status, reply.body], [200, {}], text);
  }
  assert.equal(await statusWith(token), 200);
  assert.equal((await revoke({ ...client, client_secret: "wrong" }, token)).status, 401);
  assert.equal((await revoke(client, "")).status, 400);
  assert.equal(await statusWith(token), 200);
});

test("a deleted client's tokens end with it on every node", async () => {
  const client = await makeClient();
  const token = await tokenOf(client);
  assert.equal(await statusWith(token, otherNode), 200);
  const path = `/v1/workspaces/${api.credentials.org_id}/oauth_clients/${client.client_id}`;
  assert.equal((await api.call("DELETE", path)).status, 204);
  assert.equal(await statusWith(token), 401);
  await refusedSoon(token, otherNode);
  assert.equal((await ask({ grant_type: "client_credentials", ...client })).status, 401);
  assert.equal((await api.call("DELETE", path)).status, 404);
});

test("scopes and the client's role limit what a token does", async () => {
  const client = await makeClient();
  const viewer = await makeClient({ role: "viewer" });
  const statuses = async (token: string) => [
    (await api.call("GET", "/v1/accounts", { token })).status,
    (await api.call("POST", "/v1/projects", { token, body: { name: "p" } })).status,
    (await api.call("GET", "/v1/users/me", { token })).status,
  ];
  assert.deepEqual(await statuses(await tokenOf(client)), [200, 200, 403]);
  assert.deepEqual(await statuses(await tokenOf(client, { scope: "write" })), [200, 200, 403]);
  assert.deepEqual(await statuses(await tokenOf(client, { scope: "read" })), [200, 403, 403]);
  assert.deepEqual(await statuses(await tokenOf(client, { scope: "connect:*" })), [403, 403, 403]);
  assert.deepEqual(await statuses(await tokenOf(viewer)), [200, 403, 403]);
});

test("checking a token asks the database nothing", async () => {
  const token = await tokenOf(await makeClient());
  const { pool } = api.db;
  const held = await Promise.all(Array.from({ length: pool.options.max }, () => pool.connect()));
  try {
    const principal = await api.services.authenticate(token);
    assert.equal(principal?.kind, "client");
    assert.equal(await api.services.authenticate(`${token}x`), null);
  } finally {
    for (const connection of held) connection.release();
  }
});

test("who tries wrong secrets is slowed down, and nobody else is", async () => {
  const [client, other] = [await makeClient(), await makeClient()];
  const grant = { grant_type: "client_credentials" };
  for (let attempt = 0; attempt < 10; attempt++) {
    assert.equal((await ask({ ...grant, ...client, client_secret: `wrong${attempt}` })).status, 401);
  }
  const refused = await ask({ ...grant, ...client });
  assert.equal(refused.status, 429);
  const seconds = Number(refused.headers.get("retry-after"));
  assert.ok(seconds > 0 && seconds <= 60, String(seconds));
  assert.equal((await ask({ ...grant, ...other })).status, 200);
});

test("keys are rotated: the next is published before it signs, and tokens of the former stay valid", async () => {
  const client = await makeClient();
  const DAY_MS = 24 * 3_600_000;
  const kidOf = (token: string) => decodeProtectedHeader(token).kid;
  const first = await tokenOf(client);
  await Promise.all([api, otherNode].map((node) => node.services.accessTokens.keepUp(Date.now() + 30 * DAY_MS)));
  await otherNode.services.accessTokens.refresh();
  const { keys } = (await (await fetch(`${otherNode.url}/.well-known/jwks.json`)).json()) as { keys: JWK[] };
  assert.equal(keys.length, 2, "one is added, whatever the number of nodes");
  assert.equal(kidOf(await tokenOf(client, { node: otherNode })), kidOf(first), "it does not sign yet");
  await api.db.query("update oauth_signing_keys set signs_from_ms = $1 where signs_from_ms > $1", [Date.now()]);
  const fresh = await startTestApi({ besides: api });
  try {
    const second = await tokenOf(client, { node: fresh });
    assert.notEqual(kidOf(second), kidOf(first));
    assert.deepEqual([await statusWith(first, fresh), await statusWith(second, fresh)], [200, 200]);
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
