import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import type { AppDefinition } from "@millrace/contract";
import { Vault } from "../src/accounts/index.ts";
import { PageBrowser, startTestApi, TestReceiver, type TestApi } from "../testing/index.ts";
import { saveApp } from "../testing/test-oauth.ts";

const KEY = "key-1234567890";

let api: TestApi;
let provider: TestReceiver;
let orgId: string;
before(async () => {
  api = await startTestApi();
  orgId = api.credentials.org_id;
  provider = await TestReceiver.start();
  provider.respondWith((request) => {
    if (request.headers["x-region"] === "down") return { status: 503 };
    const isGood = request.headers.authorization === `Basic ${Buffer.from(`${KEY}:`).toString("base64")}`;
    const body = isGood ? { team: { name: "Ada's team" } } : { error: "bad key" };
    return { status: isGood ? 200 : 401, body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  });
  await saveApp(api.db, definitionOf(provider.url));
});
after(async () => {
  await provider[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

function definitionOf(url: string): AppDefinition {
  return {
    id: "app_TestKeys",
    slug: "test_keys",
    name: "Test <Keys>",
    description: "",
    categories: [],
    auth: {
      type: "keys",
      fields: [
        {
          name: "api_key",
          label: "API key",
          type: "password",
          pattern: "key-\\d+",
          description: "Under <b>Settings</b>.",
        },
        { name: "region", label: "Region", default: "eu" },
        { name: "note", label: "Note", optional: true },
      ],
    },
    test: {
      url: `${url}/me`,
      headers: { "x-region": "{{region}}" },
      basic: { username: "{{api_key}}", password: "" },
      nameFrom: "team.name",
    },
  };
}

interface Account {
  id: string;
  name: string | null;
  healthy: boolean;
  error?: string;
  credentials: Record<string, string>;
}

async function post(path: string, body: unknown) {
  const reply = await api.call("POST", `/v1${path}`, { body });
  return reply as { status: number; body: { data: Account; tested?: boolean; details?: { path: string }[] } };
}

async function connectLink(body: object = { app: "test_keys" }): Promise<string> {
  const reply = await api.call("POST", "/v1/accounts/connect", { body });
  return (reply.body as { data: { connect_url: string } }).data.connect_url;
}

async function open(accountId: string): Promise<Account> {
  const reply = await api.call("GET", `/v1/accounts/${accountId}?include_credentials=true`);
  return (reply.body as { data: Account }).data;
}

void test("every wrong field is named, defaults are filled in and further fields kept", async () => {
  const wrong = await post("/accounts", { app: "test_keys", credentials: { api_key: "nonsense", region: { a: 1 } } });
  assert.equal(wrong.status, 400);
  assert.deepEqual(
    wrong.body.details?.map(({ path }) => path),
    ["credentials.api_key", "credentials.region"],
  );
  const made = await post("/accounts", { app: "test_keys", credentials: { api_key: KEY, base_url: "x" } });
  assert.deepEqual((await open(made.body.data.id)).credentials, { api_key: KEY, region: "eu", base_url: "x" });
});

void test("trying an account sets its health, its error and its name", async () => {
  const good = await post("/accounts", { app: "test_keys", credentials: { api_key: KEY }, test: true });
  assert.deepEqual([good.body.data.healthy, good.body.data.name], [true, "Ada's team"]);
  const bad = await post("/accounts", { app: "test_keys", credentials: { api_key: "key-0" } });
  assert.equal(bad.body.data.healthy, true);
  const tried = await post(`/accounts/${bad.body.data.id}/test`, {});
  assert.deepEqual([tried.body.tested, tried.body.data.healthy], [true, false]);
  assert.match(tried.body.data.error ?? "", /401: bad key/);
  const path = `/v1/accounts/${bad.body.data.id}`;
  await api.call("PUT", path, { body: { credentials: { api_key: KEY } } });
  assert.equal((await post(`/accounts/${bad.body.data.id}/test`, {})).body.data.healthy, true);
});

void test("keys are connected on a page, which says what is wrong and never repeats a secret", async () => {
  const link = await connectLink();
  const browser = new PageBrowser();
  const page = await browser.open(link);
  assert.ok(page.text.includes("Test &lt;Keys&gt;") && page.text.includes("Under &lt;b&gt;Settings&lt;/b&gt;."));
  const missing = await browser.submit(page, { region: "us" });
  assert.deepEqual(
    [missing.status, /id="field-api_key-problem">([^<]+)/.exec(missing.text)?.[1]],
    [400, "is required"],
  );
  assert.match(missing.text, /name="region"\s+type="text"\s+value="us"/);
  const refused = await browser.submit(page, { api_key: "key-666" });
  assert.equal(refused.status, 400);
  assert.match(refused.text, /401: bad key\. Check what you entered/);
  assert.ok(!refused.text.includes("key-666"));
  const done = await browser.submit(page, { api_key: KEY, region: "us" });
  const accountId = /apn_\w+/.exec(done.text)?.[0] ?? assert.fail(done.text);
  const account = await open(accountId);
  assert.deepEqual([account.name, account.credentials], ["Ada's team", { api_key: KEY, region: "us" }]);
  assert.ok(!api.log().includes("key-666"));
});

void test("keys are saved while their provider is away, and the account says so", async () => {
  const browser = new PageBrowser();
  const done = await browser.submit(await browser.open(await connectLink()), { api_key: KEY, region: "down" });
  assert.match(done.text, /trying it failed/);
  const account = await open(/apn_\w+/.exec(done.text)?.[0] ?? assert.fail(done.text));
  assert.deepEqual([account.healthy, account.error], [false, "The test request was answered with 503"]);
});

void test("links that are unknown, or for nothing that can be connected, are refused", async () => {
  assert.equal((await new PageBrowser().open(`${api.url}/connect/cl_nothing`)).status, 404);
  assert.equal((await post("/accounts/connect", {})).status, 400);
  assert.equal((await post("/accounts/connect", { account_id: "apn_nothing" })).status, 404);
  assert.equal((await post("/accounts/connect", { app: "slack", success_redirect_uri: "javascript:1" })).status, 400);
});

void test("a new key of the workspace seals everything anew, and what it seals opens", async () => {
  const made = await post("/accounts", { app: "test_keys", credentials: { api_key: KEY } });
  const keyOf = async () => {
    const query = api.db.kysely
      .selectFrom("accounts")
      .select("vault_key_id")
      .where("account_id", "=", made.body.data.id);
    return (await query.executeTakeFirstOrThrow()).vault_key_id;
  };
  const former = await keyOf();
  const reply = await api.call("POST", `/v1/workspaces/${orgId}/rotate_vault_key`);
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  assert.ok((reply.body as { data: { resealed: number } }).data.resealed > 0);
  assert.notEqual(await keyOf(), former);
  assert.equal((await open(made.body.data.id)).credentials["api_key"], KEY);
});

void test("a former key of the instance wraps the vault's keys anew; a lost one changes nothing", async () => {
  const made = await post("/accounts", { app: "test_keys", credentials: { api_key: KEY } });
  const next = randomBytes(32);
  await api.services.vault.verify();
  const lost = new Vault({ db: api.db, secretKey: next, formerSecretKeys: [randomBytes(32)] });
  await assert.rejects(lost.verify(), { code: "config_invalid", message: /MILLRACE_SECRET_KEY_FORMER/ });
  const box = api.services.vault.instanceBox("test").seal("hello");
  const rotated = new Vault({ db: api.db, secretKey: next, formerSecretKeys: [api.secretKey] });
  await rotated.verify();
  assert.equal(rotated.instanceBox("test").open(box), "hello");
  await assert.rejects(new Vault({ db: api.db, secretKey: api.secretKey }).verify(), { code: "config_invalid" });
  const query = api.db.kysely.selectFrom("accounts").selectAll().where("account_id", "=", made.body.data.id);
  const row = await query.executeTakeFirstOrThrow();
  const alone = new Vault({ db: api.db, secretKey: next });
  await alone.verify();
  assert.match(await alone.open(orgId, row.vault_key_id, row.sealed_credentials), new RegExp(KEY));
  await new Vault({ db: api.db, secretKey: api.secretKey, formerSecretKeys: [next] }).verify();
});
