import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startTestApi, PageBrowser, TestReceiver, type Page, type TestApi } from "../testing/index.ts";
import { OAuthServer } from "../testing/services/index.ts";
import { loginAtProvider, oauthDefinition, saveApp } from "../testing/test-oauth.ts";

let api: TestApi;
let provider: OAuthServer;
let oauthAppId: string;
before(async () => {
  api = await startTestApi();
  provider = await OAuthServer.start({ redirectUris: [`${api.url}/v1/oauth/callback`] });
  await saveApp(api.db, oauthDefinition(provider.url));
  oauthAppId = (await data<{ id: string }>("POST", "/oauth_apps", clientOf(provider))).id;
});
after(async () => {
  await provider[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

interface Account {
  id: string;
  name: string | null;
  healthy: boolean;
  dead?: boolean;
  error?: string;
  expires_at: string;
  authorized_scopes?: string[];
  credentials: Record<string, string>;
}

function clientOf({ clientId, clientSecret }: OAuthServer) {
  return { app: "test_oauth", client_id: clientId, client_secret: clientSecret };
}

async function data<T>(method: string, path: string, body?: unknown): Promise<T> {
  const reply = await api.call(method, `/v1${path}`, { body });
  assert.ok(reply.status < 300, JSON.stringify(reply.body));
  return (reply.body as { data: T }).data;
}

async function linkFor(body: object = { app: "test_oauth" }): Promise<string> {
  return (await data<{ connect_url: string }>("POST", "/accounts/connect", body)).connect_url;
}

async function connect(link: string, browser = new PageBrowser()): Promise<Page> {
  return loginAtProvider(browser, await browser.submit(await browser.open(link)));
}

function accountIdIn(page: Page): string {
  return /apn_\w+/.exec(page.text)?.[0] ?? assert.fail(page.text);
}

function withCredentials(accountId: string): Promise<Account> {
  return data("GET", `/accounts/${accountId}?include_credentials=true`);
}

async function connected(): Promise<string> {
  return accountIdIn(await connect(await linkFor()));
}

async function expire(accountId: string): Promise<void> {
  const past = { credentials_expire_at_ms: Date.now() - 1, next_refresh_at_ms: Date.now() - 1 };
  await api.db.kysely.updateTable("accounts").set(past).where("account_id", "=", accountId).execute();
}

async function problemCode(page: Page): Promise<string | undefined> {
  return /Code: <code>(\w+)/.exec(page.text)?.[1];
}

void test("an account is connected over the provider's pages, and its tokens are good", async () => {
  const page = await connect(await linkFor({ app: "test_oauth", external_user_id: "ext-9" }));
  assert.equal(page.status, 200, page.text);
  const account = await withCredentials(accountIdIn(page));
  assert.deepEqual([account.healthy, account.name], [true, "ada@example.com"]);
  const { oauth_access_token: token, oauth_uid: uid, oauth_client_id: clientId } = account.credentials;
  assert.deepEqual([uid, clientId], ["ada", provider.clientId]);
  assert.ok(account.credentials["oauth_refresh_token"]);
  assert.ok(account.authorized_scopes?.includes("calendar"));
  assert.ok(Math.abs(Date.parse(account.expires_at) - Date.now() - 3_600_000) < 60_000);
  const me = await fetch(`${provider.url}/me`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal(((await me.json()) as { sub: string }).sub, "ada");
  const list = await data<Account[]>("GET", `/accounts?external_user_id=ext-9&oauth_app_id=${oauthAppId}`);
  assert.deepEqual(
    list.map(({ id }) => id),
    [account.id],
  );
});

void test("a link leads whoever used it to the success address, and works once", async () => {
  await using site = await TestReceiver.start();
  const link = await linkFor({ app: "test_oauth", success_redirect_uri: `${site.url}/done?x=1` });
  await connect(link);
  const [request] = site.requests;
  assert.match(request?.path ?? "", /^\/done\?x=1&account_id=apn_\w+$/);
  const again = await new PageBrowser().open(link);
  assert.deepEqual([again.status, await problemCode(again)], [410, "link_used"]);
});

void test("connecting again keeps the account's id and what was set about it", async () => {
  const accountId = await connected();
  const before = await withCredentials(accountId);
  const page = await connect(await linkFor({ account_id: accountId }));
  assert.equal(accountIdIn(page), accountId);
  const renewed = await withCredentials(accountId);
  assert.notEqual(renewed.credentials["oauth_access_token"], before.credentials["oauth_access_token"]);
});

void test("an answer that was used, is old, or comes to another browser connects nothing, and says what to do", async () => {
  const browser = new PageBrowser();
  const link = await linkFor();
  const away = await browser.submit(await browser.open(link));
  const foreign = await new PageBrowser().open(`${api.url}/v1/oauth/callback?code=x&state=${"s".repeat(40)}`);
  assert.equal(await problemCode(foreign), "state_stale");
  assert.match(foreign.text, /connect again/);
  const back = await loginAtProvider(browser, away);
  assert.equal(back.status, 200);
  const replay = await browser.open(back.url);
  assert.equal(await problemCode(replay), "state_stale");

  const victim = new PageBrowser();
  const second = await victim.submit(await victim.open(await linkFor()));
  const thief = new PageBrowser();
  const callback = await loginAtProvider(victim, second, { stopAt: "/v1/oauth/callback" });
  assert.equal(await problemCode(await thief.open(callback.url)), "wrong_browser");
});

void test("who declines is told so, and can try again with the same link", async () => {
  const browser = new PageBrowser();
  const link = await linkFor();
  const login = await browser.submit(await browser.open(link));
  const abort = /href="([^"]*\/abort)"/.exec(login.text)?.[1] ?? assert.fail(login.text);
  const page = await browser.open(new URL(abort, login.url).href);
  assert.equal(await problemCode(page), "denied");
  assert.ok(page.text.includes(`href="${link}"`));
  assert.equal((await connect(link, browser)).status, 200);
});

void test("a provider that is down, or refuses the client, is named", async () => {
  await provider.outage(503);
  const down = await connect(await linkFor());
  await provider.outage(0);
  assert.deepEqual([down.status, await problemCode(down)], [502, "provider_down"]);
  const other = await data<{ id: string }>("POST", "/oauth_apps", { ...clientOf(provider), client_secret: "wrong" });
  const refused = await connect(await linkFor({ app: "test_oauth", oauth_app_id: other.id }));
  assert.equal(await problemCode(refused), "client_refused");
  assert.ok(!refused.text.includes("wrong"));
  await api.call("DELETE", `/v1/oauth_apps/${other.id}`);
});

void test("tokens that have expired are refreshed when they are read and when a component gets them", async () => {
  const accountId = await connected();
  const first = await withCredentials(accountId);
  await expire(accountId);
  const second = await withCredentials(accountId);
  assert.notEqual(second.credentials["oauth_access_token"], first.credentials["oauth_access_token"]);
  assert.notEqual(second.credentials["oauth_refresh_token"], first.credentials["oauth_refresh_token"]);
  await expire(accountId);
  const auth = await api.services.accounts.credentialsFor(api.credentials.org_id, accountId);
  assert.notEqual(auth?.credentials["oauth_access_token"], second.credentials["oauth_access_token"]);
});

void test("tokens are refreshed ahead of their end", async () => {
  const accountId = await connected();
  const first = await withCredentials(accountId);
  const due = { next_refresh_at_ms: Date.now() - 1 };
  await api.db.kysely.updateTable("accounts").set(due).where("account_id", "=", accountId).execute();
  await api.services.refresher.tick(Date.now());
  assert.notEqual(
    (await withCredentials(accountId)).credentials["oauth_access_token"],
    first.credentials["oauth_access_token"],
  );
});

void test("many who need a stale token at once cause one refresh", async () => {
  const accountId = await connected();
  await expire(accountId);
  const count = provider.grants("refresh_token");
  const { accounts } = api.services;
  const auths = await Promise.all(
    Array.from({ length: 200 }, () => accounts.credentialsFor(api.credentials.org_id, accountId)),
  );
  assert.equal(new Set(auths.map((auth) => auth?.credentials["oauth_access_token"])).size, 1);
  assert.equal(provider.grants("refresh_token"), count + 1);
});

void test("a provider that is down leaves the last tokens and its error, and is asked again later", async () => {
  const accountId = await connected();
  await expire(accountId);
  await provider.outage(500);
  const failed = await withCredentials(accountId);
  assert.deepEqual([failed.healthy, failed.dead], [false, undefined]);
  assert.match(failed.error ?? "", /answered 500.*tried again/);
  assert.ok(failed.credentials["oauth_access_token"]);
  await provider.outage(0);
  const waiting = await withCredentials(accountId);
  assert.equal(waiting.healthy, false);
  await api.services.refresher.tick(Date.now() + 60_000);
  const healed = await withCredentials(accountId);
  assert.deepEqual([healed.healthy, healed.error], [true, undefined]);
});

void test("trying an account hides no refresh that failed, though its token is good still", async () => {
  const accountId = await connected();
  const tried = async (): Promise<Account> => data("POST", `/accounts/${accountId}/test`, {});
  await api.call("PUT", `/v1/oauth_apps/${oauthAppId}`, { body: { client_secret: "rotated at the provider" } });
  await expire(accountId);
  const failed = await tried();
  assert.equal(failed.healthy, false);
  assert.match(failed.error ?? "", /invalid_client/);
  const { clientSecret } = provider;
  await api.call("PUT", `/v1/oauth_apps/${oauthAppId}`, { body: { client_secret: clientSecret } });
  const healed = await tried();
  assert.deepEqual([healed.healthy, healed.error], [true, undefined]);
});

void test("a grant that was taken back kills the account until it is connected again", async () => {
  const accountId = await connected();
  const { credentials } = await withCredentials(accountId);
  await revokeAtProvider(credentials["oauth_refresh_token"] ?? "");
  await expire(accountId);
  const dead = await withCredentials(accountId);
  assert.deepEqual([dead.healthy, dead.dead], [false, true]);
  assert.match(dead.error ?? "", /invalid_grant.*Connect the account again/);
  await connect(await linkFor({ account_id: accountId }));
  const alive = await withCredentials(accountId);
  assert.deepEqual([alive.healthy, alive.dead, alive.error], [true, undefined, undefined]);
});

async function revokeAtProvider(token: string): Promise<void> {
  const authorization = `Basic ${Buffer.from(`${provider.clientId}:${provider.clientSecret}`).toString("base64")}`;
  const body = new URLSearchParams({ token, token_type_hint: "refresh_token" });
  const reply = await fetch(`${provider.url}/token/revocation`, { method: "POST", headers: { authorization }, body });
  assert.equal(reply.status, 200);
}

void test("a refresh whose answer was lost is reported when the provider takes the old token no more", async () => {
  const accountId = await connected();
  const { credentials } = await withCredentials(accountId);
  // What a process leaves that is killed after the provider has answered and before it was written down.
  await refreshElsewhere(credentials["oauth_refresh_token"] ?? "");
  const state = { refresh_id: "gone", refresh_until_ms: 1, refresh_unsure: true };
  await api.db.kysely.updateTable("accounts").set(state).where("account_id", "=", accountId).execute();
  await expire(accountId);
  await api.services.refresher.tick(Date.now());
  const dead = await withCredentials(accountId);
  assert.equal(dead.dead, true);
  assert.match(dead.error ?? "", /interrupted.*Connect the account again/);
});

async function refreshElsewhere(token: string): Promise<void> {
  const authorization = `Basic ${Buffer.from(`${provider.clientId}:${provider.clientSecret}`).toString("base64")}`;
  const body = new URLSearchParams({ grant_type: "refresh_token", refresh_token: token });
  assert.equal(
    (await fetch(`${provider.url}/token`, { method: "POST", headers: { authorization }, body })).status,
    200,
  );
}

void test("deleting an account revokes its tokens at the provider, which the audit log tells", async () => {
  const accountId = await connected();
  const { credentials } = await withCredentials(accountId);
  assert.equal((await api.call("DELETE", `/v1/accounts/${accountId}`)).status, 204);
  const headers = { authorization: `Bearer ${credentials["oauth_access_token"]}` };
  assert.equal((await fetch(`${provider.url}/me`, { headers })).status, 401);
  const { rows } = await api.db.query<{ details: string }>(
    "select details from audit_log where subject = $1 and action = 'deleteAccount'",
    [accountId],
  );
  assert.deepEqual(JSON.parse(rows[0]?.details ?? "null"), { tokens: "revoked" });
});

void test("a client never shows its secret, and stays while accounts are connected with it", async () => {
  await connected();
  const shown = await data<Record<string, unknown>>("GET", `/oauth_apps/${oauthAppId}`);
  assert.equal(shown["redirect_uri"], `${api.url}/v1/oauth/callback`);
  const everything = JSON.stringify([
    shown,
    await data("GET", "/oauth_apps"),
    await data("PUT", `/oauth_apps/${oauthAppId}`, { name: "N" }),
  ]);
  assert.ok(!everything.includes(provider.clientSecret));
  assert.equal((await api.call("DELETE", `/v1/oauth_apps/${oauthAppId}`)).status, 409);
  const { rows } = await api.db.query("select * from oauth_apps");
  assert.ok(!JSON.stringify(rows).includes(provider.clientSecret));
  assert.ok(!api.log().includes(provider.clientSecret));
});

void test("pages hold no script and let nobody frame them", async () => {
  const page = await new PageBrowser().open(await linkFor());
  const policy = page.headers.get("content-security-policy") ?? "";
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.ok(!/<script|style=|\son\w+=/.test(page.text));
});
