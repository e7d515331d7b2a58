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
import { TokenWorld, type Client, type TokenReply } from "./oauth/token-world.ts";

let world: TokenWorld;
before(async () => {
  world = await TokenWorld.start();
});
after(() => world[Symbol.asyncDispose]());

const form = { "content-type": "application/x-www-form-urlencoded" };
const basicOf = ({ client_id, client_secret }: Client) => ({
  authorization: `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString("base64")}`,
});

async function signedBy(jwk: JWK, payload: JWTPayload, header: { kid?: string; alg?: string; typ?: string } = {}) {
  const protectedHeader = { alg: "EdDSA", typ: "at+jwt", ...header };
  const signer = new SignJWT(payload).setProtectedHeader(protectedHeader);
  return signer.sign(protectedHeader.alg === "EdDSA" ? await importJWK(jwk, "EdDSA") : Buffer.from(jwk.x ?? ""));
}

test("a token is asked for in JSON, in a form, and by HTTP Basic", async () => {
  const client = await world.makeClient();
  const grant = { grant_type: "client_credentials" };
  const replies = [
    await world.ask({ ...grant, ...client }),
    await world.ask(String(new URLSearchParams({ ...grant, ...client, project_id: "proj_1" })), { headers: form }),
    await world.ask(String(new URLSearchParams(grant)), { headers: { ...form, ...basicOf(client) } }),
    await world.ask(grant, { headers: basicOf(client) }),
  ];
  for (const reply of replies) {
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    assert.match(reply.headers.get("content-type") ?? "", /^application\/json/);
    assert.equal(reply.headers.get("cache-control"), "no-store");
    const { access_token, ...rest } = reply.body as TokenReply;
    assert.deepEqual({ ...rest, created_at: 0 }, { token_type: "Bearer", expires_in: 3600, created_at: 0, scope: "*" });
    assert.equal(await world.statusWith(access_token), 200);
  }
});

test("a later token leaves the earlier ones valid, on every node", async () => {
  const client = await world.makeClient();
  const tokens = [
    await world.tokenOf(client),
    await world.tokenOf(client),
    await world.tokenOf(client, { node: world.otherNode }),
  ];
  assert.equal(new Set(tokens).size, 3);
  for (const token of tokens)
    assert.deepEqual([await world.statusWith(token), await world.statusWith(token, world.otherNode)], [200, 200]);
});

test("what a token says can be checked by anyone with the published keys", async () => {
  const metadata = await (await fetch(`${world.api.url}/.well-known/oauth-authorization-server`)).json();
  const { issuer, jwks_uri, token_endpoint } = metadata as Record<string, string>;
  assert.deepEqual([issuer, token_endpoint], [world.api.url, `${world.api.url}/v1/oauth/token`]);
  const client = await world.makeClient();
  const keys = createRemoteJWKSet(new URL(jwks_uri ?? ""));
  const token = await world.tokenOf(client);
  const { payload, protectedHeader } = await jwtVerify(token, keys, { issuer: world.api.url, audience: "catcher" });
  assert.equal(protectedHeader.alg, "EdDSA");
  assert.deepEqual(payload.aud, ["api", "catcher"]);
  assert.equal(payload.sub, world.api.credentials.org_id);
  assert.equal((payload.exp ?? 0) - (payload.iat ?? 0), 3600);
  assert.deepEqual([payload["client_id"], payload["scope"]], [client.client_id, "*"]);
  const published = await (await fetch(`${world.api.url}/.well-known/jwks.json`)).text();
  assert.ok(!published.includes('"d"'), "the private part is not published");
  const stored = await world.api.db.kysely.selectFrom("oauth_signing_keys").selectAll().execute();
  assert.ok(!JSON.stringify(stored).includes('\\"d\\"'), "nor is it in the database as it is");
});

test("refusals have OAuth's own form", async () => {
  const client = await world.makeClient({ scopes: ["read"] });
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
    const reply = await world.ask(body, headers && { headers });
    const said = reply.body as Record<string, unknown>;
    assert.deepEqual([reply.status, said["error"]], [status, error], JSON.stringify(body));
    assert.deepEqual(Object.keys(said), ["error", "error_description"]);
    assert.equal(reply.headers.get("www-authenticate")?.startsWith("Basic"), status === 401 ? true : undefined);
  }
  const inUrl = await world.api.call(
    "POST",
    `/v1/oauth/token?${String(new URLSearchParams({ ...grant, ...client }))}`,
    {
      token: null,
    },
  );
  assert.equal(inUrl.status, 400, "a secret in the URL is not read");
});

test("a form is no body for other operations", async () => {
  const reply = await world.api.call("POST", "/v1/projects", { body: "name=x", headers: form });
  assert.equal(reply.status, 415);
});

test("forged, tampered, expired, foreign and unsigned tokens are refused alike", async () => {
  const good = await world.tokenOf(await world.makeClient());
  const claims = decodeJwt(good);
  const { kid = "" } = decodeProtectedHeader(good);
  const row = await world.api.db.kysely
    .selectFrom("oauth_signing_keys")
    .selectAll()
    .where("key_id", "=", kid)
    .executeTakeFirstOrThrow();
  const box = world.api.services.vault.instanceBox("oauth signing keys v1");
  const own = JSON.parse(box.open(row.sealed_private_jwk)) as JWK;
  assert.equal(
    await world.statusWith(await signedBy(own, { ...claims, jti: "own" }, { kid })),
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
    const reply = await world.api.call("GET", `/v1/workspaces/${world.api.credentials.org_id}`, { token });
    assert.equal(reply.status, 401, name);
    const { request_id: _id, ...said } = reply.body as Record<string, unknown>;
    replies.add(JSON.stringify(said));
  }
  assert.equal(replies.size, 1, [...replies].join("\n"));
});

test("scopes and the client's role limit what a token does", async () => {
  const client = await world.makeClient();
  const viewer = await world.makeClient({ role: "viewer" });
  const statuses = async (token: string) => [
    (await world.api.call("GET", "/v1/accounts", { token })).status,
    (await world.api.call("POST", "/v1/projects", { token, body: { name: "p" } })).status,
    (await world.api.call("GET", "/v1/users/me", { token })).status,
  ];
  assert.deepEqual(await statuses(await world.tokenOf(client)), [200, 200, 403]);
  assert.deepEqual(await statuses(await world.tokenOf(client, { scope: "write" })), [200, 200, 403]);
  assert.deepEqual(await statuses(await world.tokenOf(client, { scope: "read" })), [200, 403, 403]);
  assert.deepEqual(await statuses(await world.tokenOf(client, { scope: "connect:*" })), [200, 403, 403]);
  assert.deepEqual(await statuses(await world.tokenOf(viewer)), [200, 403, 403]);
});

test("who tries wrong secrets is slowed down, and nobody else is", async () => {
  const [client, other] = [await world.makeClient(), await world.makeClient()];
  const grant = { grant_type: "client_credentials" };
  for (let attempt = 0; attempt < 10; attempt++) {
    assert.equal((await world.ask({ ...grant, ...client, client_secret: `wrong${attempt}` })).status, 401);
  }
  const refused = await world.ask({ ...grant, ...client });
  assert.equal(refused.status, 429);
  const seconds = Number(refused.headers.get("retry-after"));
  assert.ok(seconds > 0 && seconds <= 60, String(seconds));
  assert.equal((await world.ask({ ...grant, ...other })).status, 200);
});
