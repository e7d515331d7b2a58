import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { PageBrowser, testDatabase, type TestDatabase } from "../testing/index.ts";
import { ApiCaller, Instance, LOOPBACK_ALLOWED, removeDataDir } from "../testing/instance/index.ts";
import { freePort, OAuthServer } from "../testing/services/index.ts";
import { loginAtProvider, oauthDefinition, saveApp } from "../testing/test-oauth.ts";

const CALLERS = 1_000;

let database: TestDatabase;
let instances: Instance[];
let callers: ApiCaller[];
const dataDirs: string[] = [];

before(async () => {
  database = await testDatabase();
  const ports = [await freePort(), await freePort(), await freePort()];
  const env = {
    ...LOOPBACK_ALLOWED,
    DATABASE_URL: database.url,
    MILLRACE_ROLES: "api",
    MILLRACE_SECRET_KEY: randomBytes(32).toString("hex"),
    MILLRACE_PUBLIC_URL: `http://127.0.0.1:${ports[0]}`,
    MILLRACE_RUNNER_BLANKS: "0",
  };
  const start = async (port: number): Promise<Instance> => {
    const dataDir = await mkdtemp(join(tmpdir(), "millrace-accounts-"));
    dataDirs.push(dataDir);
    return Instance.start({ dataDir, env, port });
  };
  // The first makes the first user; the others find it.
  const first = await start(ports[0] ?? 0);
  instances = [first, ...(await Promise.all(ports.slice(1).map(start)))];
  const { api_key: apiKey } = await first.credentials();
  callers = instances.map(({ url }) => new ApiCaller({ url, apiKey }));
});
after(async () => {
  for (const instance of instances) await instance.stop();
  for (const dataDir of dataDirs) await removeDataDir(dataDir);
  await database[Symbol.asyncDispose]();
});

interface Account {
  id: string;
  healthy: boolean;
  dead?: boolean;
  error?: string;
  credentials: Record<string, string>;
}

function callerAt(index: number): ApiCaller {
  return callers[index % callers.length] ?? assert.fail();
}

async function connectAt(provider: OAuthServer, slug: string): Promise<string> {
  const api = callerAt(0);
  await saveApp(database.db, { ...oauthDefinition(provider.url), id: `app_${slug.replace("_", "")}`, slug });
  await api.data("POST", "/oauth_apps", {
    app: slug,
    client_id: provider.clientId,
    client_secret: provider.clientSecret,
  });
  const { connect_url: link } = await api.data<{ connect_url: string }>("POST", "/accounts/connect", { app: slug });
  const browser = new PageBrowser();
  const page = await loginAtProvider(browser, await browser.submit(await browser.open(link)));
  return /apn_\w+/.exec(page.text)?.[0] ?? assert.fail(page.text);
}

function providerOf(options: { rotates: boolean }): Promise<OAuthServer> {
  return OAuthServer.start({ redirectUris: [`${callerAt(0).url}/v1/oauth/callback`], ...options });
}

async function change(accountId: string, columns: object): Promise<void> {
  await database.db.kysely.updateTable("accounts").set(columns).where("account_id", "=", accountId).execute();
}

function read(accountId: string, index: number): Promise<Account> {
  return callerAt(index).data("GET", `/accounts/${accountId}?include_credentials=true`);
}

test("a thousand callers on three servers cause exactly one refresh of a token that rotates", async () => {
  await using provider = await providerOf({ rotates: true });
  const accountId = await connectAt(provider, "rotating_app");
  const before = await read(accountId, 0);
  await change(accountId, { credentials_expire_at_ms: Date.now() - 1 });
  const accounts = await Promise.all(Array.from({ length: CALLERS }, (_, index) => read(accountId, index)));
  const tokens = new Set(accounts.map((account) => account.credentials["oauth_access_token"]));
  assert.equal(tokens.size, 1);
  assert.ok(!tokens.has(before.credentials["oauth_access_token"]));
  assert.equal(provider.grants("refresh_token"), 1);
  assert.ok(accounts.every((account) => account.healthy));
});

/** Kills a server while it waits for an answer that the provider has made up its mind about. */
async function killDuringRefresh(provider: OAuthServer, accountId: string): Promise<void> {
  const victim = instances.at(-1) ?? assert.fail();
  await provider.hold(true);
  await change(accountId, { credentials_expire_at_ms: Date.now() - 1 });
  const held = provider.next("held");
  const lost = read(accountId, instances.length - 1).catch(() => "lost");
  await held;
  victim.killTree();
  assert.equal(await lost, "lost");
  await provider.hold(false);
  instances.splice(-1, 1, await victim.restart());
  // The half minute for which the dead one's claim holds.
  await change(accountId, { refresh_until_ms: 1 });
}

test("a server that is killed between the provider's answer and its commit loses nothing where the old token still works", async () => {
  await using provider = await providerOf({ rotates: false });
  const accountId = await connectAt(provider, "lenient_app");
  const before = await read(accountId, 0);
  await killDuringRefresh(provider, accountId);
  const account = await read(accountId, 0);
  assert.deepEqual([account.healthy, account.error], [true, undefined]);
  assert.notEqual(account.credentials["oauth_access_token"], before.credentials["oauth_access_token"]);
});

test("where the old token works no more, the loss is reported and connecting again is asked for", async () => {
  await using provider = await providerOf({ rotates: true });
  const accountId = await connectAt(provider, "strict_app");
  await killDuringRefresh(provider, accountId);
  const account = await read(accountId, 0);
  assert.deepEqual([account.healthy, account.dead], [false, true]);
  assert.match(account.error ?? "", /interrupted.*answer is lost.*Connect the account again/);
});
