import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { Vault } from "../src/accounts/index.ts";
import { newId } from "../src/core/index.ts";
import { addUser, startTestApi, type TestApi } from "../testing/index.ts";

const CANARY = "canary-secret-4f1b";

let api: TestApi;
before(async () => {
  api = await startTestApi();
});
after(() => api[Symbol.asyncDispose]());

interface Account {
  id: string;
  name: string | null;
  app: { id: string; name: string };
  credentials?: Record<string, unknown>;
  expires_at?: string | null;
}

function accountIn(reply: { body: unknown }): Account {
  return (reply.body as { data: Account }).data;
}

function accountsIn(reply: { body: unknown }): Account[] {
  return (reply.body as { data: Account[] }).data;
}

async function connect(body: object = {}): Promise<Account> {
  const reply = await api.call("POST", "/v1/accounts", {
    body: { app: "slack_bot", credentials: { bot_token: CANARY }, name: "Bot", ...body },
  });
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  return accountIn(reply);
}

async function saveComponent(definition: object): Promise<void> {
  const nowMs = Date.now();
  await api.db.kysely
    .insertInto("components")
    .values({
      org_id: api.credentials.org_id,
      component_id: newId("component"),
      key: null,
      version: "0.0.1",
      name: "test",
      kind: "source",
      code: "",
      code_hash: randomBytes(32).toString("hex"),
      origin: null,
      bundle: "",
      depset_hash: null,
      depset_lock: null,
      definition: JSON.stringify(definition),
      created_at_ms: nowMs,
      updated_at_ms: nowMs,
    })
    .execute();
}

void test("credentials come back only when asked for, and the reading is audited", async () => {
  const account = await connect();
  assert.ok(!("credentials" in account));
  const plain = await api.call("GET", `/v1/accounts/${account.id}`);
  assert.ok(!JSON.stringify(plain.body).includes(CANARY));
  const open = accountIn(await api.call("GET", `/v1/accounts/${account.id}?include_credentials=true`));
  assert.deepEqual([open.credentials, open.expires_at], [{ bot_token: CANARY }, null]);
  const list = accountsIn(await api.call("GET", "/v1/accounts?include_credentials=true&app=slack_bot"));
  assert.ok(list.every((item) => item.credentials?.["bot_token"] === CANARY));
  const { rows } = await api.db.query<{ action: string; actor: string }>(
    "select action, actor from audit_log where subject = $1 order by at_ms",
    [account.id],
  );
  assert.deepEqual(
    rows.map((row) => row.action),
    ["createAccount", "account.credentials_read", "account.credentials_read"],
  );
  assert.ok(rows.every((row) => row.actor === api.credentials.user_id));
});

void test("credentials are sealed in the database and in no log line", async () => {
  const account = await connect({ credentials: { bot_token: `${CANARY}-sealed` } });
  await api.call("GET", `/v1/accounts/${account.id}?include_credentials=true&note=${CANARY}`);
  await api.call("POST", "/v1/accounts", { body: { app: "none", credentials: { password: CANARY } } });
  await api.call("POST", "/v1/accounts", { body: `{"credentials": "${CANARY}", ` });
  const tables = await api.db.query<{ name: string }>(
    "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = 'public'",
  );
  for (const { name } of tables.rows) {
    const { rows } = await api.db.query(`select * from ${name}`);
    assert.ok(!JSON.stringify(rows).includes(CANARY), name);
  }
  assert.ok(!api.log().includes(CANARY));
  assert.ok(!api.log().includes(api.credentials.api_key));
});

void test("viewers see accounts but not their credentials", async () => {
  const account = await connect();
  const memberOf = { orgId: api.credentials.org_id, role: "viewer" } as const;
  const { apiKey: token } = await addUser(api.db, { memberOf, ownsWorkspace: false });
  assert.equal((await api.call("GET", `/v1/accounts/${account.id}`, { token })).status, 200);
  for (const path of [`/v1/accounts/${account.id}`, "/v1/accounts"]) {
    assert.equal((await api.call("GET", `${path}?include_credentials=true`, { token })).status, 403);
  }
});

void test("a key or token that may only read sees accounts but not their credentials; one for accounts does", async () => {
  const account = await connect();
  const workspace = `/v1/workspaces/${api.credentials.org_id}`;
  const made = await api.call("POST", `${workspace}/api_keys`, { body: { name: "r", scopes: ["read"] } });
  const { key } = (made.body as { data: { key: string } }).data;
  const readers = [key, await clientToken(workspace, "read")];
  for (const token of readers) {
    for (const path of [`/v1/accounts/${account.id}`, "/v1/accounts"]) {
      assert.equal((await api.call("GET", path, { token })).status, 200);
      const refused = await api.call("GET", `${path}?include_credentials=true`, { token });
      assert.equal(refused.status, 403);
      assert.ok(!JSON.stringify(refused.body).includes(CANARY));
    }
  }
  const token = await clientToken(workspace, "connect:accounts:read");
  const open = await api.call("GET", `/v1/accounts/${account.id}?include_credentials=true`, { token });
  assert.deepEqual(accountIn(open).credentials, { bot_token: CANARY });
  assert.equal((await api.call("PUT", `/v1/accounts/${account.id}`, { token, body: { name: "x" } })).status, 403);
  const writer = await clientToken(workspace, "connect:accounts:write");
  assert.equal(
    (await api.call("PUT", `/v1/accounts/${account.id}`, { token: writer, body: { name: "x" } })).status,
    200,
  );
  assert.equal((await api.call("GET", "/v1/apps", { token: writer })).status, 403);
});

async function clientToken(workspace: string, scope: string): Promise<string> {
  const made = await api.call("POST", `${workspace}/oauth_clients`, { body: { name: scope, scopes: [scope] } });
  const { client_id, client_secret } = (made.body as { data: Record<string, string> }).data;
  const body = { grant_type: "client_credentials", client_id, client_secret };
  const reply = await api.call("POST", "/v1/oauth/token", { token: null, body });
  return (reply.body as { access_token: string }).access_token;
}

void test("an account is changed and deleted", async () => {
  const account = await connect({ external_user_id: "ext-1" });
  const path = `/v1/accounts/${account.id}`;
  const changed = await api.call("PUT", path, { body: { name: "New", credentials: { bot_token: "second" } } });
  assert.equal(accountIn(changed).name, "New");
  const open = accountIn(await api.call("GET", `${path}?include_credentials=1`));
  assert.deepEqual(open.credentials, { bot_token: "second" });
  assert.equal((await api.call("PUT", path, { body: { credentials: {} } })).status, 400);
  assert.equal((await api.call("DELETE", path)).status, 204);
  assert.equal((await api.call("GET", path)).status, 404);
  assert.equal(await api.services.accounts.credentialsFor(api.credentials.org_id, account.id), null);
});

void test("lists filter by app and external user", async () => {
  const account = await connect({ external_user_id: "ext-2" });
  const ids = async (query: string) =>
    accountsIn(await api.call("GET", `/v1/accounts?limit=100&${query}`)).map((item) => item.id);
  assert.deepEqual(await ids("external_user_id=ext-2"), [account.id]);
  assert.ok((await ids(`app=${account.app.id}`)).includes(account.id));
  assert.deepEqual(await ids("app=slack"), []);
  assert.deepEqual(await ids("external_user_id=ext-2&app=slack"), []);
});

void test("an app that no component of the workspace names is refused, by its field", async () => {
  const reply = await api.call("POST", "/v1/accounts", { body: { app: "postgresql", credentials: { host: "h" } } });
  assert.equal(reply.status, 400);
  assert.deepEqual((reply.body as { details: { path: string }[] }).details[0]?.path, "app");
});

void test("a slug that a saved component names becomes an app", async () => {
  await saveComponent({ apps: ["my_database"] });
  const account = await connect({ app: "my_database", credentials: { host: "h", port: 5432 } });
  assert.equal(account.app.name, "My Database");
  const second = await connect({ app: account.app.id, credentials: { host: "i" } });
  assert.deepEqual(second.app, account.app);
  const auth = await api.services.accounts.credentialsFor(api.credentials.org_id, account.id);
  assert.deepEqual(auth, { credentials: { host: "h", port: 5432 } });
  assert.equal(await api.services.accounts.appSlugOf(api.credentials.org_id, account.id), "my_database");
});

void test("a component with texts that PostgreSQL cannot read as JSON hides no app", async () => {
  await saveComponent({ apps: ["odd_app"], sampleEmit: "\0 \ud800", description: '"other_app"' });
  assert.equal((await connect({ app: "odd_app", credentials: {} })).app.name, "Odd App");
  const reply = await api.call("POST", "/v1/accounts", { body: { app: "other_app", credentials: {} } });
  assert.equal(reply.status, 400);
});

void test("the wrong secret key opens nothing and changes nothing", async () => {
  const { org_id: orgId } = api.credentials;
  const account = await connect();
  await api.services.vault.verify();
  const wrong = new Vault({ db: api.db, secretKey: randomBytes(32) });
  await assert.rejects(wrong.verify(), { code: "config_invalid", message: /MILLRACE_SECRET_KEY/ });
  await assert.rejects(wrong.seal(orgId, "x"), { code: "vault_wrong_key" });
  await new Vault({ db: api.db, secretKey: api.secretKey }).verify();
  const open = await api.services.accounts.credentialsFor(orgId, account.id);
  assert.deepEqual(open, { credentials: { bot_token: CANARY } });
});

void test("a sealed secret cannot be moved to another workspace or changed", async () => {
  const { org_id: orgId } = api.credentials;
  const { vault } = api.services;
  const other = await addUser(api.db);
  const { vaultKeyId, sealed } = await vault.seal(orgId, "text");
  assert.equal(await vault.open(orgId, vaultKeyId, sealed), "text");
  const theirs = await vault.seal(other.orgId ?? "", "theirs");
  await assert.rejects(vault.open(orgId, theirs.vaultKeyId, theirs.sealed), { code: "vault_key_missing" });
  await assert.rejects(vault.open(orgId, vaultKeyId, theirs.sealed), { code: "vault_broken" });
  const flipped = sealed.slice(0, -8) + (sealed.at(-8) === "A" ? "B" : "A") + sealed.slice(-7);
  await assert.rejects(vault.open(orgId, vaultKeyId, flipped), { code: "vault_broken" });
});
