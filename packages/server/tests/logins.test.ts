import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startTestApi, SessionBrowser, type TestApi, type TestReply } from "../testing/index.ts";

const PASSWORD = "correct horse battery";
const OWNER = "owner@example.com";

let api: TestApi;
let otherNode: TestApi;
before(async () => {
  api = await startTestApi();
  otherNode = await startTestApi({ besides: api });
  await setUp(new SessionBrowser(api.url));
});
after(async () => {
  await otherNode[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

async function setUp(browser: SessionBrowser) {
  const token = await api.services.passwordLinks.setupToken();
  return browser.enter("/auth/setup", { token, email: OWNER, password: PASSWORD, username: "owner" });
}

async function loggedIn(email = OWNER, password = PASSWORD): Promise<SessionBrowser> {
  const browser = new SessionBrowser(api.url);
  await browser.enter("/auth/login", { email, password });
  return browser;
}

async function statusOf(reply: Promise<TestReply>): Promise<number> {
  return (await reply).status;
}

function codeOf(reply: TestReply): string {
  return (reply.body as { code: string }).code;
}

async function forgetAttempts(): Promise<void> {
  await api.db.query("delete from login_buckets");
}

void test("the owner sets the first password with the link of the first start, once", async () => {
  await using fresh = await startTestApi();
  const options = async () => (await fresh.call("GET", "/v1/auth/options", { token: null })).body as { data: object };
  const expected = { sign_up: "invite", password_min_length: 10, password_reset: false, oidc: null };
  assert.deepEqual((await options()).data, { setup_required: true, ...expected });
  const url = await fresh.services.passwordLinks.setupUrl();
  const [page, token] = url?.split("#") ?? [];
  assert.equal(page, `${fresh.url}/setup`);
  const browser = new SessionBrowser(fresh.url);
  const weak = await browser.call("POST", "/auth/setup", { token, email: OWNER, password: "short" });
  assert.deepEqual([weak.status, codeOf(weak)], [400, "invalid_input"]);
  const forged = `${token?.slice(0, -2)}xx`;
  const attempt = { email: OWNER, password: PASSWORD };
  assert.equal(await statusOf(browser.call("POST", "/auth/setup", { ...attempt, token: forged })), 401);
  const data = await browser.enter("/auth/setup", { ...attempt, token });
  assert.deepEqual([data.user.email, data.user.username, data.workspaces[0]?.role], [OWNER, "admin", "owner"]);
  assert.equal(data.user.id, fresh.credentials.user_id);
  assert.equal(await statusOf(browser.call("POST", "/auth/setup", { ...attempt, token })), 401);
  assert.equal(await fresh.services.passwordLinks.setupUrl(), null);
  assert.deepEqual((await options()).data, { setup_required: false, ...expected });
  assert.equal((await fresh.call("GET", "/v1/users/me")).status, 200, "the first key goes on");
});

void test("a session reads and changes things as its user", async () => {
  const browser = await loggedIn();
  const me = (await browser.call("GET", "/users/me")).body as { data: { id: string } };
  assert.equal(me.data.id, api.credentials.user_id);
  const made = await browser.call("POST", "/projects", { name: "By session" });
  assert.equal(made.status, 200, JSON.stringify(made.body));
  const session = (await browser.call("GET", "/auth/session")).body as { data: { csrf_token: string } };
  assert.equal(session.data.csrf_token, browser.csrfToken);
});

void test("the cookie is for no script and no other site, and behind https for this host alone", async () => {
  const reply = await new SessionBrowser(api.url).call("POST", "/auth/login", { email: OWNER, password: PASSWORD });
  const [cookie = "", device = ""] = reply.headers.getSetCookie();
  assert.match(cookie, /^millrace_session=[A-Za-z0-9]{43}; Max-Age=7776000; Path=\/; HttpOnly; SameSite=Lax$/);
  assert.match(device, /^millrace_device=.*; HttpOnly; SameSite=Lax$/);
  await using secure = await startTestApi({ besides: api, publicUrl: "https://millrace.example.com" });
  const browser = new SessionBrowser(secure.url);
  browser.origin = "https://millrace.example.com";
  await browser.enter("/auth/login", { email: OWNER, password: PASSWORD });
  assert.deepEqual([...browser.cookies.keys()], ["__Host-millrace_session", "__Host-millrace_device"]);
  assert.equal(await statusOf(browser.call("GET", "/auth/session")), 200);
});

void test("the token of the cookie is nowhere in the database or the log", async () => {
  const browser = await loggedIn();
  const token = browser.cookies.get("millrace_session") ?? "";
  const { rows } = await api.db.query("select * from sessions union all select * from sessions");
  assert.ok(rows.length > 0 && !JSON.stringify(rows).includes(token));
  const users = await api.db.query("select * from users");
  for (const secret of [token, PASSWORD]) {
    assert.ok(!JSON.stringify(users.rows).includes(secret));
    assert.ok(!api.log().includes(secret));
  }
});

void test("what changes something needs the session's own token and a page of this instance", async () => {
  const browser = await loggedIn();
  const own = browser.csrfToken;
  const create = () => browser.call("POST", "/projects", { name: "x" });
  for (const wrong of [null, "", "x", (await loggedIn()).csrfToken]) {
    browser.csrfToken = wrong;
    const reply = await create();
    assert.deepEqual([reply.status, codeOf(reply)], [403, "forbidden"], String(wrong));
  }
  browser.csrfToken = own;
  browser.origin = "https://evil.example";
  assert.equal(await statusOf(create()), 403);
  browser.origin = api.url;
  assert.equal(await statusOf(create()), 200);
  const bare = await fetch(`${api.url}/v1/projects?name=x`, {
    method: "POST",
    headers: { cookie: browser.cookieHeader(), "x-csrf-token": own ?? "" },
  });
  assert.equal(bare.status, 403, "a request that does not say where it comes from");
  const crossSite = await fetch(`${api.url}/v1/projects?name=x`, {
    method: "POST",
    headers: { cookie: browser.cookieHeader(), "x-csrf-token": own ?? "", "sec-fetch-site": "same-site" },
  });
  assert.equal(crossSite.status, 403, "a page of a neighbouring site");
});

void test("a page of another site can not log a visitor in, and a URL can not hold a password", async () => {
  const browser = new SessionBrowser(api.url);
  browser.origin = "https://evil.example";
  assert.equal(await statusOf(browser.call("POST", "/auth/login", { email: OWNER, password: PASSWORD })), 403);
  const query = new URLSearchParams({ email: OWNER, password: PASSWORD });
  const reply = await fetch(`${api.url}/v1/auth/login?${query.toString()}`, { method: "POST" });
  assert.equal(reply.status, 400);
});

void test("operations of a session refuse keys, and a key beside a cookie is what counts", async () => {
  const byKey = await api.call("GET", "/v1/auth/session");
  assert.deepEqual([byKey.status, codeOf(byKey)], [403, "session_required"]);
  const browser = await loggedIn();
  const headers = { cookie: browser.cookieHeader() };
  const both = await api.call("POST", "/v1/projects", { headers, body: { name: "with both" } });
  assert.equal(both.status, 200, "no csrf token is needed with a key");
  assert.equal((await api.call("GET", "/v1/users/me", { headers, token: "mr_wrong" })).status, 401);
});

void test("logging out ends the session on every node within a second", async () => {
  const browser = await loggedIn();
  const elsewhere = new SessionBrowser(otherNode.url);
  for (const [name, value] of browser.cookies) elsewhere.cookies.set(name, value);
  const token = browser.cookies.get("millrace_session") ?? "";
  assert.equal(await statusOf(elsewhere.call("GET", "/users/me")), 200);
  assert.equal(await statusOf(browser.call("POST", "/auth/logout")), 204);
  const endedAtMs = performance.now();
  assert.equal(browser.cookies.has("millrace_session"), false);
  browser.cookies.set("millrace_session", token);
  assert.equal(await statusOf(browser.call("GET", "/users/me")), 401);
  while ((await statusOf(elsewhere.call("GET", "/users/me"))) !== 401) {
    assert.ok(performance.now() - endedAtMs < 1_000);
  }
});

void test("sessions are listed, ended one by one, and all together", async () => {
  const [one, two] = [await loggedIn(), await loggedIn()];
  const list = (await one.call("GET", "/auth/sessions?limit=100")).body as {
    data: { id: string; is_current: boolean; method: string; ip: string }[];
  };
  assert.equal(list.data.filter((session) => session.is_current).length, 1);
  assert.ok(list.data.length >= 2 && list.data.every(({ ip }) => ip === "127.0.0.1"));
  const twoId = ((await two.call("GET", "/auth/session")).body as { data: { session: { id: string } } }).data.session
    .id;
  assert.equal(await statusOf(one.call("DELETE", `/auth/sessions/${twoId}`)), 204);
  assert.equal(await statusOf(one.call("DELETE", `/auth/sessions/${twoId}`)), 404);
  assert.equal(await statusOf(two.call("GET", "/users/me")), 401);
  const three = await loggedIn();
  assert.equal(await statusOf(one.call("POST", "/auth/logout_everywhere")), 204);
  assert.equal(await statusOf(three.call("GET", "/users/me")), 401);
});

void test("a session ends two weeks after its last use, and use prolongs it", async () => {
  const browser = await loggedIn();
  const { session } = ((await browser.call("GET", "/auth/session")).body as { data: { session: { id: string } } }).data;
  const set = (change: string) => api.db.query(`update sessions set ${change} where session_id = $1`, [session.id]);
  const expiry = async () =>
    (await api.db.query<{ at: number }>("select expires_at_ms as at from sessions where session_id = $1", [session.id]))
      .rows[0]?.at ?? 0;
  await set("last_used_at_ms = last_used_at_ms - 86400000, expires_at_ms = expires_at_ms - 86400000");
  const before = await expiry();
  api.services.sessions.forget(api.credentials.user_id);
  assert.equal(await statusOf(browser.call("GET", "/users/me")), 200);
  assert.ok((await expiry()) >= before + 86_000_000);
  await set("expires_at_ms = 1, last_used_at_ms = 1");
  api.services.sessions.forget(api.credentials.user_id);
  assert.equal(await statusOf(browser.call("GET", "/users/me")), 401);
  await api.services.sessions.prune(Date.now());
  assert.equal(await expiry(), 0);
});

void test("a new password needs the old one, and ends all other sessions", async () => {
  const [here, there] = [await loggedIn(), await loggedIn()];
  const change = (current_password: string, new_password: string) =>
    here.call("POST", "/auth/password", { current_password, new_password });
  assert.equal(await statusOf(change("not this one", "another good one")), 401);
  assert.equal(await statusOf(change(PASSWORD, "owner@example.com")), 400);
  assert.equal(await statusOf(change(PASSWORD, "another good one")), 204);
  assert.deepEqual(
    [await statusOf(here.call("GET", "/users/me")), await statusOf(there.call("GET", "/users/me"))],
    [200, 401],
  );
  const again = new SessionBrowser(api.url);
  assert.equal(await statusOf(again.call("POST", "/auth/login", { email: OWNER, password: PASSWORD })), 401);
  await again.enter("/auth/login", { email: "OWNER@example.com", password: "another good one" });
  const back = await again.call("POST", "/auth/password", {
    ...{ current_password: "another good one", new_password: PASSWORD },
  });
  assert.equal(back.status, 204);
});

void test("an unknown email and a wrong password are answered alike and in the same time", async () => {
  await forgetAttempts();
  const timed = async (email: string): Promise<{ body: string; tookMs: number }> => {
    const startedAt = performance.now();
    const reply = await new SessionBrowser(api.url).call("POST", "/auth/login", { email, password: "wrong password" });
    assert.equal(reply.status, 401);
    const { request_id: _id, ...body } = reply.body as Record<string, unknown>;
    return { body: JSON.stringify(body), tookMs: performance.now() - startedAt };
  };
  const known = [await timed(OWNER), await timed(OWNER), await timed(OWNER)];
  const unknown = [await timed("a@b.example"), await timed("c@b.example"), await timed("d@b.example")];
  assert.equal(new Set([...known, ...unknown].map(({ body }) => body)).size, 1);
  const fastest = (list: typeof known) => Math.min(...list.map(({ tookMs }) => tookMs));
  assert.ok(fastest(unknown) > fastest(known) / 3, `${fastest(known)} and ${fastest(unknown)} ms`);
});

void test("guessing is slowed down over all nodes, and the owner's own browser gets in all the same", async () => {
  await forgetAttempts();
  const owner = await loggedIn();
  await forgetAttempts();
  const guess = (url: string) =>
    new SessionBrowser(url).call("POST", "/auth/login", { email: OWNER, password: "a wrong guess" });
  const nodes = [api.url, otherNode.url, api.url, otherNode.url, api.url];
  const first = await Promise.all(nodes.map((url) => guess(url)));
  assert.deepEqual(new Set(first.map(({ status }) => status)), new Set([401]));
  const refused = await guess(otherNode.url);
  assert.deepEqual([refused.status, codeOf(refused)], [429, "rate_limited"]);
  const waitSeconds = Number(refused.headers.get("retry-after"));
  assert.ok(waitSeconds > 0 && waitSeconds <= 60, String(waitSeconds));
  const right = { email: OWNER, password: PASSWORD };
  assert.equal(await statusOf(new SessionBrowser(api.url).call("POST", "/auth/login", right)), 429);
  await owner.enter("/auth/login", right);
  const others = await new SessionBrowser(api.url).call("POST", "/auth/login", { ...right, email: "x@y.example" });
  assert.equal(others.status, 401, "other accounts are not slowed down");
  await api.db.query("update login_buckets set full_at_ms = full_at_ms - 60000");
  await loggedIn();
});

void test("many attempts at once gain nothing", async () => {
  await forgetAttempts();
  const attempts = Array.from({ length: 12 }, (_, index) =>
    statusOf(
      new SessionBrowser(index % 2 === 0 ? api.url : otherNode.url).call("POST", "/auth/login", {
        ...{ email: OWNER, password: `guess number ${index}` },
      }),
    ),
  );
  const statuses = await Promise.all(attempts);
  assert.equal(statuses.filter((status) => status === 401).length, 5);
  assert.equal(statuses.filter((status) => status === 429).length, 7);
  await forgetAttempts();
});

void test("an address behind a trusted proxy is the one that the proxy names", async () => {
  await using proxied = await startTestApi({ besides: api, trustedProxies: ["127.0.0.1/32"] });
  const reply = await fetch(`${proxied.url}/v1/auth/login`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-forwarded-for": "203.0.113.7" },
    body: JSON.stringify({ email: OWNER, password: PASSWORD }),
  });
  const { data } = (await reply.json()) as { data: { session: { ip: string } } };
  assert.equal(data.session.ip, "203.0.113.7");
  const untrusted = await fetch(`${api.url}/v1/auth/login`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-forwarded-for": "203.0.113.7" },
    body: JSON.stringify({ email: OWNER, password: PASSWORD }),
  });
  assert.equal(((await untrusted.json()) as { data: { session: { ip: string } } }).data.session.ip, "127.0.0.1");
});
