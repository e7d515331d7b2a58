import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { addUser, startTestApi, SessionBrowser, type TestApi } from "../testing/index.ts";

let api: TestApi;
let orgId: string;
before(async () => {
  api = await startTestApi();
  orgId = api.credentials.org_id;
});
after(() => api[Symbol.asyncDispose]());

interface Entry {
  id: string;
  action: string;
  subject: string;
  actor: { id: string; name: string | null; credential_id: string | null; ip: string | null };
  details: Record<string, string> | null;
}

async function entries(query = "", options: { of?: string; token?: string } = {}): Promise<Entry[]> {
  const { of = orgId, token = api.credentials.api_key } = options;
  const reply = await api.call("GET", `/v1/workspaces/${of}/audit_log?limit=100${query}`, { token });
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  return (reply.body as { data: Entry[] }).data;
}

async function made(path: string, body: object, token = api.credentials.api_key): Promise<string> {
  const reply = await api.call("POST", path, { body, token });
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  return (reply.body as { data: { id: string } }).data.id;
}

void test("a change is told with who did it, with what, from where and to what", async () => {
  const accountId = await made("/v1/accounts", { app: "slack_bot", credentials: { bot_token: "CANARY-1" } });
  await api.call("PUT", `/v1/accounts/${accountId}`, { body: { credentials: { bot_token: "CANARY-2" } } });
  await api.call("GET", `/v1/accounts/${accountId}?include_credentials=true`);
  await api.call("DELETE", `/v1/accounts/${accountId}`);
  const told = (await entries(`&subject=${accountId}`)).toReversed();
  assert.deepEqual(
    told.map((entry) => entry.action),
    ["createAccount", "updateAccount", "account.credentials_read", "deleteAccount"],
  );
  for (const { actor } of told) {
    assert.deepEqual([actor.id, actor.name, actor.ip], [api.credentials.user_id, "admin@localhost", "127.0.0.1"]);
    assert.match(actor.credential_id ?? "", /^ak_/);
  }
  const { rows } = await api.db.query("select * from audit_log");
  assert.doesNotMatch(JSON.stringify(rows), /CANARY/);
});

void test("what fails or only looks is not told, and a repeated request is told once", async () => {
  const count = async () => (await entries("&action=createProject")).length;
  const before = await count();
  await api.call("GET", "/v1/users/me");
  await api.call("POST", "/v1/projects", { body: {} });
  const headers = { "idempotency-key": "told-once" };
  for (let round = 0; round < 3; round++) await api.call("POST", "/v1/projects", { body: { name: "p" }, headers });
  assert.equal(await count(), before + 1);
});

void test("a user of several workspaces is told in the one that was changed, also when the thing is gone", async () => {
  const user = await addUser(api.db, { memberOf: { orgId, role: "admin" } });
  const token = user.apiKey;
  const other = user.orgId ?? "";
  const accounts = await Promise.all(
    [orgId, other].map((org) =>
      made(`/v1/accounts?org_id=${org}`, { app: "slack_bot", credentials: { bot_token: "t" } }, token),
    ),
  );
  for (const accountId of accounts) {
    assert.equal((await api.call("DELETE", `/v1/accounts/${accountId}`, { token })).status, 204);
  }
  for (const [index, of] of [orgId, other].entries()) {
    const told = (await entries(`&actor=${user.userId}`, { of, token })).map(({ action, subject }) => [
      action,
      subject,
    ]);
    assert.deepEqual(told, [
      ["deleteAccount", accounts[index]],
      ["createAccount", accounts[index]],
    ]);
  }
});

void test("roles, invitations, keys and logins are told", async () => {
  const member = await addUser(api.db, { memberOf: { orgId, role: "viewer" }, ownsWorkspace: false });
  await api.call("PUT", `/v1/workspaces/${orgId}/members/${member.userId}`, { body: { role: "member" } });
  const [changed] = await entries(`&subject=${member.userId}&action=updateMember`);
  assert.deepEqual(changed?.details, { role: "member" });
  const invitationId = await made(`/v1/workspaces/${orgId}/invitations`, { email: "z@example.com", role: "viewer" });
  const [invited] = await entries(`&subject=${invitationId}`);
  assert.deepEqual(
    [invited?.action, invited?.details],
    ["createInvitation", { email: "z@example.com", role: "viewer" }],
  );
  const keyId = await made(`/v1/workspaces/${orgId}/api_keys`, { name: "k" });
  assert.equal((await entries(`&subject=${keyId}`))[0]?.action, "createApiKey");
  const browser = new SessionBrowser(api.url);
  const token = await api.services.passwordLinks.setupToken();
  await browser.enter("/auth/setup", { token, email: "owner@example.com", password: "correct horse battery" });
  await browser.call("POST", "/auth/logout");
  const login = { email: "owner@example.com", password: "correct horse battery" };
  const { session } = await browser.enter("/auth/login", login);
  const [newest, logOut, setUp] = await entries(`&actor=${api.credentials.user_id}`);
  assert.deepEqual([newest?.action, logOut?.action, setUp?.action], ["user.logged_in", "logOut", "user.password_set"]);
  assert.equal(newest?.actor.credential_id, session.id);
  assert.doesNotMatch(JSON.stringify(await entries()), /correct horse/);
});

void test("only admins and owners of the workspace read it", async () => {
  for (const [role, status] of [
    ["viewer", 403],
    ["member", 403],
    ["admin", 200],
  ] as const) {
    const { apiKey } = await addUser(api.db, { memberOf: { orgId, role }, ownsWorkspace: false });
    const reply = await api.call("GET", `/v1/workspaces/${orgId}/audit_log`, { token: apiKey });
    assert.equal(reply.status, status, role);
  }
  const stranger = await addUser(api.db);
  const reply = await api.call("GET", `/v1/workspaces/${orgId}/audit_log`, { token: stranger.apiKey });
  assert.equal(reply.status, 404);
});

void test("it is read page by page, and by time", async () => {
  const all = await entries();
  const seen: string[] = [];
  let after = "";
  do {
    const reply = await api.call("GET", `/v1/workspaces/${orgId}/audit_log?limit=3${after}`);
    const { data, page_info: page } = reply.body as { data: Entry[]; page_info: { end_cursor: string | null } };
    seen.push(...data.map((entry) => entry.id));
    after = data.length < 3 ? "" : `&after=${page.end_cursor}`;
  } while (after !== "");
  assert.deepEqual(
    seen,
    all.map((entry) => entry.id),
  );
  const future = Math.floor(Date.now() / 1000) + 10;
  assert.equal((await entries(`&since=${future}`)).length, 0);
  assert.equal((await entries(`&until=${future}`)).length, all.length);
});

void test("many changes at once are all told, and old entries are forgotten", async () => {
  await Promise.all(Array.from({ length: 40 }, () => made("/v1/projects", { name: "many" })));
  assert.ok((await entries("&action=createProject")).length >= 41);
  await api.db.query("update audit_log set at_ms = 5 where action = 'createProject'");
  await api.services.audit.prune(10);
  assert.equal((await entries("&action=createProject")).length, 0);
  assert.ok((await entries()).length > 0);
});
