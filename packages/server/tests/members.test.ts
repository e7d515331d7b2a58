import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Mailer } from "../src/egress/index.ts";
import {
  addUser,
  startTestApi,
  SessionBrowser,
  TestMailServer,
  type TestApi,
  type TestReply,
} from "../testing/index.ts";

const PASSWORD = "correct horse battery";

let api: TestApi;
let mails: TestMailServer;
let orgId: string;
before(async () => {
  mails = await TestMailServer.start();
  api = await startTestApi({ logins: { mailer: new Mailer({ url: mails.url, from: "millrace@example.com" }) } });
  orgId = api.credentials.org_id;
});
after(async () => {
  await api[Symbol.asyncDispose]();
  await mails[Symbol.asyncDispose]();
});

type Role = "owner" | "admin" | "member" | "viewer";

async function withRole(role: Role): Promise<{ userId: string; token: string }> {
  const { userId, apiKey } = await addUser(api.db, { memberOf: { orgId, role }, ownsWorkspace: false });
  return { userId, token: apiKey };
}

function dataOf(reply: TestReply): unknown {
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  return (reply.body as { data: unknown }).data;
}

interface Invitation {
  id: string;
  url: string;
  is_mailed: boolean;
  email: string;
}

async function invite(email: string, options: { role?: Role; token?: string; seconds?: number } = {}) {
  const { role = "member", token = api.credentials.api_key, seconds } = options;
  const body = { email, role, ...(seconds !== undefined && { expires_in_s: seconds }) };
  return api.call("POST", `/v1/workspaces/${orgId}/invitations`, { token, body });
}

async function invitationFor(email: string, options: { role?: Role } = {}) {
  const made = dataOf(await invite(email, options)) as Invitation;
  return { ...made, token: made.url.split("#")[1] ?? "" };
}

async function statusOf(reply: Promise<TestReply>): Promise<number> {
  return (await reply).status;
}

void test("somebody new signs up with an invitation and is a member", async () => {
  const { token, is_mailed: isMailed, url } = await invitationFor("Ann@example.com", { role: "viewer" });
  assert.equal(isMailed, true);
  const [mail] = mails.mails;
  assert.deepEqual(mail?.to, ["ann@example.com"]);
  assert.ok(mail?.mail.text?.includes(url));
  const browser = new SessionBrowser(api.url);
  const shown = dataOf(await browser.call("POST", "/invitations/describe", { token })) as Record<string, unknown>;
  assert.deepEqual(
    [shown["workspace_name"], shown["email"], shown["role"], shown["has_account"]],
    ["Default workspace", "ann@example.com", "viewer", false],
  );
  const wrong = { email: "bob@example.com", password: PASSWORD, invitation_token: token };
  assert.equal(await statusOf(browser.call("POST", "/auth/signup", wrong)), 400);
  const data = await browser.enter("/auth/signup", { password: PASSWORD, invitation_token: token });
  assert.deepEqual([data.user.email, data.user.username], ["ann@example.com", "ann"]);
  assert.deepEqual(
    data.workspaces.map((workspace) => [workspace.id, workspace.role]),
    [[orgId, "viewer"]],
  );
  assert.equal(await statusOf(browser.call("POST", "/projects", { name: "x" })), 403, "a viewer");
  const again = { password: PASSWORD, invitation_token: token };
  assert.equal(await statusOf(new SessionBrowser(api.url).call("POST", "/auth/signup", again)), 404);
});

void test("a user with an account accepts an invitation for their email, and for no other", async () => {
  const stranger = await addUser(api.db);
  await api.db.query("update users set email = 'eve@example.com' where user_id = $1", [stranger.userId]);
  const forBob = await invitationFor("bob@example.com");
  const accept = (token: string) =>
    api.call("POST", "/v1/invitations/accept", { token: stranger.apiKey, body: { token } });
  assert.equal(await statusOf(accept(forBob.token)), 403);
  const forEve = await invitationFor("eve@example.com", { role: "admin" });
  const accepted = dataOf(await accept(forEve.token)) as { workspace_id: string };
  assert.equal(accepted.workspace_id, orgId);
  const members = await api.call("GET", `/v1/workspaces/${orgId}/members`, { token: stranger.apiKey });
  const own = (dataOf(members) as { user_id: string; role: string }[]).find(
    ({ user_id: id }) => id === stranger.userId,
  );
  assert.equal(own?.role, "admin");
  assert.equal(await statusOf(accept(forEve.token)), 404, "a link works once");
  assert.equal((await invite("eve@example.com")).status, 409, "members are not invited");
});

void test("an invitation ends when it is revoked, replaced or too old", async () => {
  const describe = (token: string) =>
    statusOf(api.call("POST", "/v1/invitations/describe", { token: null, body: { token } }));
  const revoked = await invitationFor("one@example.com");
  const path = `/v1/workspaces/${orgId}/invitations`;
  assert.equal(await describe(revoked.token), 200);
  assert.equal((await api.call("DELETE", `${path}/${revoked.id}`)).status, 204);
  assert.equal(await describe(revoked.token), 404);
  assert.equal((await api.call("DELETE", `${path}/${revoked.id}`)).status, 404);
  const former = await invitationFor("two@example.com");
  const newer = await invitationFor("two@example.com");
  assert.deepEqual([await describe(former.token), await describe(newer.token)], [404, 200]);
  await api.db.query("update invitations set expires_at_ms = 1 where invitation_id = $1", [newer.id]);
  assert.equal(await describe(newer.token), 404);
  const list = dataOf(await api.call("GET", path)) as Record<string, unknown>[];
  assert.ok(list.some((invitation) => invitation["id"] === newer.id));
  assert.ok(!JSON.stringify(list).includes(newer.token) && !list.some((invitation) => "url" in invitation));
  const stored = await api.db.query("select * from invitations");
  assert.ok(!JSON.stringify(stored.rows).includes(newer.token));
});

void test("without an invitation nobody signs up, unless the instance is open", async () => {
  const browser = new SessionBrowser(api.url);
  const body = { email: "carol@example.com", password: PASSWORD, username: "carol" };
  assert.equal(await statusOf(browser.call("POST", "/auth/signup", body)), 403);
  await using open = await startTestApi({ besides: api, logins: { signUp: "open" } });
  const visitor = new SessionBrowser(open.url);
  const data = await visitor.enter("/auth/signup", body);
  assert.deepEqual(
    data.workspaces.map(({ name, role }) => [name, role]),
    [["carol's workspace", "owner"]],
  );
  assert.equal(await statusOf(visitor.call("GET", `/workspaces/${orgId}`)), 404);
  assert.equal(await statusOf(new SessionBrowser(open.url).call("POST", "/auth/signup", body)), 409);
  await using closed = await startTestApi({ besides: api, logins: { signUp: "closed" } });
  const { token } = await invitationFor("dave@example.com");
  const late = { password: PASSWORD, invitation_token: token };
  assert.equal(await statusOf(new SessionBrowser(closed.url).call("POST", "/auth/signup", late)), 403);
});

void test("members and viewers manage nobody, admins manage all but owners, owners manage all", async () => {
  const [viewer, member, admin, owner] = [
    await withRole("viewer"),
    await withRole("member"),
    await withRole("admin"),
    await withRole("owner"),
  ];
  const change = async (by: { token: string }, role: Role, was: Role = "viewer"): Promise<number> => {
    const { userId } = await withRole(was);
    const path = `/v1/workspaces/${orgId}/members/${userId}`;
    return statusOf(api.call("PUT", path, { token: by.token, body: { role } }));
  };
  const remove = async (by: { token: string }, was: Role): Promise<number> => {
    const { userId } = await withRole(was);
    return statusOf(api.call("DELETE", `/v1/workspaces/${orgId}/members/${userId}`, { token: by.token }));
  };
  for (const by of [viewer, member]) {
    assert.deepEqual([await change(by, "member"), await remove(by, "viewer")], [403, 403]);
    assert.equal((await invite("x@example.com", { token: by.token })).status, 403);
  }
  assert.deepEqual([await change(admin, "admin"), await remove(admin, "admin")], [200, 204]);
  assert.deepEqual([await change(admin, "owner"), await change(admin, "viewer", "owner")], [403, 403]);
  assert.equal(await remove(admin, "owner"), 403);
  assert.equal((await invite("y@example.com", { token: admin.token, role: "owner" })).status, 403);
  assert.deepEqual([await change(owner, "owner"), await remove(owner, "owner")], [200, 204]);
  const stranger = await addUser(api.db);
  assert.equal(await change({ token: stranger.apiKey }, "member"), 404);
  const nobody = `/v1/workspaces/${orgId}/members/${stranger.userId}`;
  assert.equal((await api.call("PUT", nobody, { body: { role: "member" } })).status, 404);
});

void test("a new role counts at once", async () => {
  const { userId, token } = await withRole("viewer");
  const create = () => statusOf(api.call("POST", "/v1/projects", { token, body: { name: "x" } }));
  assert.equal(await create(), 403);
  const changed = await api.call("PUT", `/v1/workspaces/${orgId}/members/${userId}`, { body: { role: "member" } });
  assert.equal((dataOf(changed) as { role: string }).role, "member");
  assert.equal(await create(), 200);
  assert.equal((await api.call("DELETE", `/v1/workspaces/${orgId}/members/${userId}`)).status, 204);
  assert.equal(await create(), 404);
});

void test("the last owner can neither go nor become less, even when two go at the same moment", async () => {
  await using fresh = await startTestApi();
  const org = fresh.credentials.org_id;
  const path = `/v1/workspaces/${org}`;
  const self = `${path}/members/${fresh.credentials.user_id}`;
  const attempts = [
    fresh.call("DELETE", self),
    fresh.call("PUT", self, { body: { role: "admin" } }),
    fresh.call("POST", `${path}/leave`),
  ];
  for (const attempt of attempts) assert.equal(await statusOf(attempt), 409);
  const second = await addUser(fresh.db, { memberOf: { orgId: org, role: "owner" }, ownsWorkspace: false });
  const both = await Promise.all([
    fresh.call("POST", `${path}/leave`),
    fresh.call("POST", `${path}/leave`, { token: second.apiKey }),
  ]);
  assert.deepEqual(
    both.map(({ status }) => status).toSorted((a, b) => a - b),
    [204, 409],
  );
});

void test("a workspace gets another name from an admin, and keeps its orgname", async () => {
  const admin = await withRole("admin");
  const member = await withRole("member");
  const rename = (token: string) => api.call("PUT", `/v1/orgs/${orgId}`, { token, body: { name: "Renamed" } });
  assert.equal(await statusOf(rename(member.token)), 403);
  const renamed = dataOf(await rename(admin.token)) as { name: string; orgname: string };
  assert.deepEqual([renamed.name, renamed.orgname], ["Renamed", "default"]);
});

void test("a user goes with sessions and keys, but not as the last owner of anything", async () => {
  const owner = await addUser(api.db, { memberOf: { orgId, role: "member" } });
  const email = `${owner.userId}@example.com`;
  const go = (token: string, confirm: string) =>
    statusOf(api.call("DELETE", `/v1/users/me?confirm=${confirm}`, { token }));
  assert.equal(await go(owner.apiKey, email), 409, "the last owner of a workspace");
  const member = await withRole("member");
  const project = await api.call("POST", "/v1/accounts", {
    token: member.token,
    body: { app: "slack_bot", credentials: { bot_token: "t" } },
  });
  assert.equal(await go(member.token, "somebody@else"), 400);
  assert.equal(await go(member.token, `${member.userId}@example.com`), 204);
  assert.equal(await statusOf(api.call("GET", "/v1/users/me", { token: member.token })), 401);
  const { id } = dataOf(project) as { id: string };
  assert.equal((await api.call("GET", `/v1/accounts/${id}`)).status, 200, "what they made stays");
  await using fresh = await startTestApi();
  const only = await fresh.call("DELETE", "/v1/users/me?confirm=admin@localhost");
  assert.equal(only.status, 409, "the instance's only user");
});

void test("a forgotten password is replaced by a mailed link, once", async () => {
  const { token } = await invitationFor("fay@example.com");
  const browser = new SessionBrowser(api.url);
  await browser.enter("/auth/signup", { password: PASSWORD, invitation_token: token });
  const ask = (email: string) => statusOf(new SessionBrowser(api.url).call("POST", "/auth/password_reset", { email }));
  const before = mails.mails.length;
  assert.deepEqual([await ask("nobody@example.com"), await ask("FAY@example.com")], [202, 202]);
  while (mails.mails.length === before) await new Promise((resolve) => setTimeout(resolve, 5));
  const text = mails.mails.at(-1)?.mail.text ?? "";
  const resetToken = /\/reset-password#(\S+)/.exec(text)?.[1];
  assert.deepEqual([mails.mails.length, mails.mails.at(-1)?.to], [before + 1, ["fay@example.com"]]);
  const setupWithIt = { token: resetToken, email: "fay@example.com", password: "another good one" };
  assert.equal(await statusOf(browser.call("POST", "/auth/setup", setupWithIt)), 401);
  const elsewhere = new SessionBrowser(api.url);
  await elsewhere.enter("/auth/password_reset/finish", { token: resetToken, password: "another good one" });
  assert.equal(await statusOf(browser.call("GET", "/users/me")), 401, "other sessions end");
  const again = { token: resetToken, password: "yet another one" };
  assert.equal(await statusOf(elsewhere.call("POST", "/auth/password_reset/finish", again)), 401);
  const url = await api.services.passwordLinks.resetUrl("fay@example.com");
  await elsewhere.enter("/auth/password_reset/finish", { token: url?.split("#")[1], password: "by the operator" });
  await using silent = await startTestApi();
  const refused = new SessionBrowser(silent.url).call("POST", "/auth/password_reset", { email: "a@b.example" });
  assert.equal(await statusOf(refused), 403);
});
