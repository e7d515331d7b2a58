import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Egress } from "../src/egress/index.ts";
import {
  startTestApi,
  SessionBrowser,
  TestIdentityProvider,
  type TestApi,
  type TestApiOptions,
  type TestReply,
} from "../testing/index.ts";

const PUBLIC_URL = "https://millrace.example.com";
const PASSWORD = "correct horse battery";

let provider: TestIdentityProvider;
let api: TestApi;
const egresses: Egress[] = [];
before(async () => {
  provider = await TestIdentityProvider.start(`${PUBLIC_URL}/v1/auth/oidc/callback`);
  api = await startNode({});
  const token = await api.services.passwordLinks.setupToken();
  await new BrowserAt(api).enter("/auth/setup", { token, email: "owner@example.com", password: PASSWORD });
});
after(async () => {
  await api[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
  for (const egress of egresses) await egress.stop();
});

/** A browser that knows the instance by its public address. */
class BrowserAt extends SessionBrowser {
  constructor(node: TestApi) {
    super(node.url);
    this.origin = PUBLIC_URL;
  }
}

interface NodeOptions extends Pick<TestApiOptions, "besides"> {
  allowedDomains?: string[];
  signUp?: "open" | "invite" | "closed";
  clientSecret?: string;
  issuer?: string;
}

function startNode(options: NodeOptions): Promise<TestApi> {
  const { allowedDomains = [], signUp = "invite", besides } = options;
  const { clientId } = provider;
  const issuer = options.issuer ?? provider.issuer;
  const egress = new Egress({ rules: { allow: [], publicUrl: issuer } });
  egresses.push(egress);
  const clientSecret = options.clientSecret ?? provider.clientSecret;
  const settings = { issuer, clientId, clientSecret, name: "Example ID", allowedDomains };
  return startTestApi({
    ...(besides && { besides }),
    publicUrl: PUBLIC_URL,
    logins: { signUp, oidc: { settings, egress } },
  });
}

/** Goes to the provider and comes back; the last reply is ours. */
async function logIn(node: TestApi, login: string, browser = new BrowserAt(node)): Promise<TestReply> {
  const started = await browser.call("GET", "/auth/oidc/start?return_to=/runs");
  assert.equal(started.status, 302, JSON.stringify(started.body));
  const back = await provider.signIn(started.headers.get("location") ?? "", login);
  assert.ok(back.startsWith(`${PUBLIC_URL}/v1/`), back);
  return browser.call("GET", back.slice(`${PUBLIC_URL}/v1`.length));
}

function errorOf(reply: TestReply): [number, string] {
  const { code } = reply.body as { code: string };
  return [reply.status, code];
}

async function invite(email: string): Promise<string> {
  const path = `/v1/workspaces/${api.credentials.org_id}/invitations`;
  const made = await api.call("POST", path, { body: { email, role: "member" } });
  return (made.body as { data: { url: string } }).data.url.split("#")[1] ?? "";
}

void test("the login page is told where to go", async () => {
  const { body } = await api.call("GET", "/v1/auth/options", { token: null });
  assert.deepEqual((body as { data: { oidc: object } }).data.oidc, {
    name: "Example ID",
    url: "/v1/auth/oidc/start",
  });
});

void test("a user with a verified email logs in, and ends where they wanted to be", async () => {
  provider.people.set("owner", { email: "Owner@example.com", email_verified: true });
  const browser = new BrowserAt(api);
  const reply = await logIn(api, "owner", browser);
  assert.deepEqual([reply.status, reply.headers.get("location")], [302, "/runs"], JSON.stringify(reply.body));
  assert.deepEqual([...browser.cookies.keys()].toSorted(), ["__Host-millrace_device", "__Host-millrace_session"]);
  const session = (await browser.call("GET", "/auth/session")).body as { data: { user: { id: string } } };
  assert.equal(session.data.user.id, api.credentials.user_id);
  provider.people.set("owner", { email: "moved@example.com", email_verified: true });
  assert.equal((await logIn(api, "owner")).status, 302, "the identity is known, whatever its email is now");
});

void test("an email that the provider has not verified is nobody's", async () => {
  provider.people.set("liar", { email: "owner@example.com", email_verified: false });
  assert.deepEqual(errorOf(await logIn(api, "liar")), [403, "forbidden"]);
  provider.people.set("silent", {});
  assert.deepEqual(errorOf(await logIn(api, "silent")), [403, "forbidden"]);
});

void test("somebody new needs an invitation, which the login accepts", async () => {
  provider.people.set("gil", { email: "gil@example.com", email_verified: true });
  assert.deepEqual(errorOf(await logIn(api, "gil")), [403, "forbidden"]);
  await invite("Gil@example.com");
  const browser = new BrowserAt(api);
  assert.equal((await logIn(api, "gil", browser)).status, 302);
  const { data } = (await browser.call("GET", "/auth/session")).body as {
    data: { user: { has_password: boolean }; workspaces: { id: string; role: string }[] };
  };
  assert.equal(data.user.has_password, false);
  assert.deepEqual(
    data.workspaces.map(({ id, role }) => [id, role]),
    [[api.credentials.org_id, "member"]],
  );
});

void test("only people of the allowed domains get in, and they need no invitation", async () => {
  await using node = await startNode({ besides: api, allowedDomains: ["example.com"] });
  provider.people.set("hal", { email: "hal@example.com", email_verified: true });
  assert.equal((await logIn(node, "hal")).status, 302);
  provider.people.set("mal", { email: "mal@example.com.evil.example", email_verified: true });
  assert.deepEqual(errorOf(await logIn(node, "mal")), [403, "forbidden"]);
  await using closed = await startNode({ besides: api, allowedDomains: ["example.com"], signUp: "closed" });
  provider.people.set("ida", { email: "ida@example.com", email_verified: true });
  assert.deepEqual(errorOf(await logIn(closed, "ida")), [403, "forbidden"]);
});

void test("an account whose email nobody has verified is connected only by who is logged in to it", async () => {
  const token = await invite("jo@example.com");
  const browser = new BrowserAt(api);
  await browser.enter("/auth/signup", { password: PASSWORD, invitation_token: token });
  provider.people.set("jo", { email: "jo@example.com", email_verified: true });
  assert.deepEqual(errorOf(await logIn(api, "jo")), [409, "conflict"]);
  assert.equal((await logIn(api, "jo", browser)).status, 302);
  assert.equal((await logIn(api, "jo")).status, 302, "from now on without the password");
});

void test("an answer is good for the browser that asked, once, and unchanged", async () => {
  const browser = new BrowserAt(api);
  const started = await browser.call("GET", "/auth/oidc/start");
  const back = await provider.signIn(started.headers.get("location") ?? "", "owner");
  const path = back.slice(`${PUBLIC_URL}/v1`.length);
  const trip = browser.cookies.get("__Host-millrace_trip") ?? "";
  assert.deepEqual(errorOf(await new BrowserAt(api).call("GET", path)), [401, "unauthorized"]);
  const other = new BrowserAt(api);
  await other.call("GET", "/auth/oidc/start");
  assert.deepEqual(errorOf(await other.call("GET", path)), [401, "unauthorized"], "another state");
  const forged = path.replace(/code=[^&]+/, "code=forged");
  assert.deepEqual(errorOf(await browser.call("GET", forged)), [401, "unauthorized"]);
  assert.equal((await browser.call("GET", path)).status, 302);
  browser.cookies.set("__Host-millrace_trip", trip);
  assert.deepEqual(errorOf(await browser.call("GET", path)), [401, "unauthorized"], "a code is good once");
  assert.deepEqual(errorOf(await browser.call("GET", "/auth/oidc/callback?error=access_denied")), [
    401,
    "unauthorized",
  ]);
});

void test("nobody is sent on to another site", async () => {
  for (const target of ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]) {
    const browser = new BrowserAt(api);
    const started = await browser.call("GET", `/auth/oidc/start?return_to=${encodeURIComponent(target)}`);
    const back = await provider.signIn(started.headers.get("location") ?? "", "owner");
    const reply = await browser.call("GET", back.slice(`${PUBLIC_URL}/v1`.length));
    assert.equal(reply.headers.get("location"), "/", target);
  }
});

void test("a provider that is away, or knows us by another secret, is told as such", async () => {
  await using wrong = await startNode({ besides: api, clientSecret: "another" });
  assert.deepEqual(errorOf(await logIn(wrong, "owner")), [401, "unauthorized"]);
  await using away = await startNode({ besides: api, issuer: "http://127.0.0.1:9" });
  const reply = await new BrowserAt(away).call("GET", "/auth/oidc/start");
  assert.deepEqual(errorOf(reply), [503, "unavailable"]);
  await using without = await startTestApi();
  assert.equal((await new SessionBrowser(without.url).call("GET", "/auth/oidc/start")).status, 404);
});
