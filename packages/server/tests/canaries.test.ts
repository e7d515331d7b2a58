import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { SessionBrowser, TestReceiver } from "../testing/index.ts";
import { LOOPBACK_ALLOWED, startPlatform, type ApiReply, type Platform } from "../testing/instance/index.ts";

// Secrets are put in wherever one can come in, and are then looked for wherever they must not come out.

const CHOSEN = {
  account: "CANARY-account-7f3a9c",
  changedAccount: "CANARY-changed-account-1b",
  secretProp: "CANARY-secret-prop-5e",
  environment: "CANARY-environment-8d",
  projectEnvironment: "CANARY-project-environment-8d",
  bearer: "CANARY-bearer-of-trigger-44",
  oauthAppSecret: "CANARY-oauth-app-secret-90",
  password: "CANARY-password-of-owner-31",
  newPassword: "CANARY-new-password-of-owner-32",
  wrongPassword: "CANARY-wrong-password-77",
  wrongToken: "CANARY-wrong-token-12",
  wrongSecret: "CANARY-wrong-client-secret-13",
  malformed: "CANARY-malformed-body-60",
} as const;

const KEY_APP = `const app = { type: "app", app: "slack_bot" };
const failure = (secret) => Object.assign(new Error("the provider refused"), {
  config: { headers: { authorization: secret } }, request: { secret }, cause: new Error("it said no") });`;
const SOURCE = `${KEY_APP}
export default { key: "canary-source", name: "Canary", version: "0.0.1", type: "source",
  props: { app, token: { type: "string", secret: true }, size: { type: "integer", optional: true } },
  run() { if (!this.token || !this.app.$auth.bot_token) throw new Error("no credentials");
    console.log("works"); this.$emit({ ok: true }); throw failure(this.app.$auth.bot_token + this.token); } };`;
const ACTION = `${KEY_APP}
export default { key: "canary-action", name: "Canary action", version: "0.0.1", type: "action",
  props: { app, token: { type: "string", secret: true }, first: { type: "string" }, second: { type: "string" } },
  run() {
    const found = [this.token, this.first, this.second, this.app.$auth.bot_token];
    if (!found.every(Boolean)) throw new Error("lacks " + found.map((value) => typeof value));
    throw failure(found.join()); } };`;

let platform: Platform;
let receiver: TestReceiver;
/** What the server made, by what it is. */
const made: Record<string, string> = {};
const refusals: ApiReply[] = [];
let sourceId: string;
let workflowId: string;

before(async () => {
  receiver = await TestReceiver.start();
  platform = await startPlatform({ ...LOOPBACK_ALLOWED, MILLRACE_LOG_LEVEL: "debug" });
  await accounts();
  await programs();
  await webhooks();
  await codeThatFails();
  await people();
  await requestsThatFail();
});
after(async () => {
  await platform[Symbol.asyncDispose]();
  await receiver.close();
});

function call(method: string, path: string, body?: unknown): Promise<ApiReply> {
  return platform.api.call(method, path, body);
}

function dataOf(method: string, path: string, body?: unknown): Promise<Record<string, string>> {
  return platform.api.data(method, path, body);
}

async function raw(path: string, init: RequestInit): Promise<ApiReply> {
  const response = await fetch(platform.instance.url + path, init);
  const reply = { status: response.status, headers: response.headers, body: await response.text() };
  if (reply.status >= 400) refusals.push(reply);
  return reply;
}

async function refused(method: string, path: string, body?: unknown): Promise<void> {
  const reply = await call(method, path, body);
  assert.ok(reply.status >= 400 && reply.status < 500, `${method} ${path}: ${reply.status}`);
  refusals.push(reply);
}

async function accounts(): Promise<void> {
  const credentials = { bot_token: CHOSEN.account };
  made["accountId"] = (await dataOf("POST", "/accounts", { app: "slack_bot", credentials }))["id"] ?? "";
  const other = await dataOf("POST", "/accounts", { app: "slack_bot", credentials });
  await call("PUT", `/accounts/${other["id"]}`, { credentials: { bot_token: CHOSEN.changedAccount } });
  await call("GET", `/accounts/${other["id"]}?include_credentials=true`);
  await call("POST", `/accounts/${other["id"]}/test`);
  const oauthApp = { app: "slack", client_id: "c", client_secret: CHOSEN.oauthAppSecret };
  await dataOf("POST", "/oauth_apps", oauthApp);
  const link = await dataOf("POST", "/accounts/connect", { app: "slack_bot" });
  const url = new URL(link["connect_url"] ?? "");
  made["connectLink"] = url.pathname.split("/").at(-1) ?? "";
  const page = await fetch(url);
  const cookie = page.headers.getSetCookie()[0]?.split(";")[0] ?? "";
  const form = new URLSearchParams({ bot_token: CHOSEN.malformed });
  await raw(url.pathname, { method: "POST", body: form });
  await raw(url.pathname, { method: "POST", body: form, headers: { cookie, origin: url.origin } });
  await raw(`${url.pathname}x`, { method: "POST", body: form });
}

async function programs(): Promise<void> {
  const { org_id: orgId } = platform.credentials;
  made["firstApiKey"] = platform.credentials.api_key;
  const key = await dataOf("POST", `/workspaces/${orgId}/api_keys`, { name: "k" });
  made["apiKey"] = key["key"] ?? "";
  const client = await dataOf("POST", `/workspaces/${orgId}/oauth_clients`, { name: "c" });
  made["clientSecret"] = client["client_secret"] ?? "";
  const rotate = `/workspaces/${orgId}/oauth_clients/${client["id"]}/rotate_secret`;
  made["rotatedSecret"] = (await dataOf("POST", rotate))["client_secret"] ?? "";
  const ask = { grant_type: "client_credentials", client_id: client["client_id"], client_secret: made["clientSecret"] };
  const token = (await call("POST", "/oauth/token", ask)).body as { access_token: string };
  made["accessToken"] = token.access_token;
  await call("POST", "/oauth/revoke", { ...ask, token: token.access_token });
  await raw("/v1/accounts", { headers: { authorization: `Bearer ${token.access_token}` } });
  await refused("POST", "/oauth/token", { ...ask, client_secret: CHOSEN.wrongSecret });
  await call("PUT", `/workspaces/${orgId}/env`, { CANARY: CHOSEN.environment });
  await call("PUT", `/projects/${platform.credentials.project_id}/env`, { PROJECT_CANARY: CHOSEN.projectEnvironment });
}

async function webhooks(): Promise<void> {
  const webhook = await dataOf("POST", "/webhooks", { url: receiver.url });
  made["signingKey"] = webhook["signing_key"] ?? "";
  const rotated = await dataOf("POST", `/webhooks/${webhook["id"]}/rotate_signing_key`);
  made["rotatedSigningKey"] = rotated["signing_key"] ?? "";
}

async function codeThatFails(): Promise<void> {
  const configured_props = { app: { authProvisionId: made["accountId"] }, token: CHOSEN.secretProp };
  const source = await dataOf("POST", "/sources", { component_code: SOURCE, configured_props });
  sourceId = source["id"] ?? "";
  await call("POST", `/sources/${sourceId}/run`);
  await refused("POST", "/sources", { component_code: SOURCE, configured_props: { ...configured_props, size: "x" } });
  const action = await dataOf("POST", "/components", { component_code: ACTION });
  const variables = { first: "{{ process.env.CANARY }}", second: "{{ process.env.PROJECT_CANARY }}" };
  const workflow = await platform.api.data<{ id: string; triggers: { endpoint_url: string }[] }>("POST", "/workflows", {
    project_id: platform.credentials.project_id,
    triggers: [{ type: "http", props: { authorization: "bearer", bearer_token: CHOSEN.bearer } }],
    steps: [{ namespace: "fails", component_id: action["id"], props: { ...configured_props, ...variables } }],
  });
  workflowId = workflow.id;
  const endpoint = new URL(workflow.triggers[0]?.endpoint_url ?? "").pathname;
  for (const token of [CHOSEN.bearer, CHOSEN.wrongToken]) {
    await raw(endpoint, { method: "POST", headers: { authorization: `Bearer ${token}` }, body: `{"a":1}` });
  }
  const errors = `/workflows/${workflowId}/$errors/event_summaries`;
  const deadlineMs = Date.now() + 20_000;
  while (((await call("GET", errors)).body as { data: unknown[] }).data.length === 0) {
    assert.ok(Date.now() < deadlineMs, "the workflow's error is reported");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function people(): Promise<void> {
  const browser = new SessionBrowser(platform.instance.url);
  const { setup_url: setupUrl } = platform.credentials as unknown as { setup_url: string };
  made["setupToken"] = new URL(setupUrl).hash.slice(1);
  const email = "owner@example.com";
  await browser.enter("/auth/setup", { token: made["setupToken"], email, password: CHOSEN.password });
  const keep = (name: string): void => {
    for (const value of browser.cookies.values()) made[`${name} cookie`] = value;
    made[`${name} csrf`] = browser.csrfToken ?? "";
  };
  keep("first");
  const change = { current_password: CHOSEN.password, new_password: CHOSEN.newPassword };
  await browser.call("POST", "/auth/password", change);
  await browser.enter("/auth/login", { email, password: CHOSEN.newPassword });
  keep("second");
  refusals.push(await browser.call("POST", "/auth/login", { email, password: CHOSEN.wrongPassword }));
  await browser.call("POST", "/auth/logout");
  refusals.push(await browser.call("GET", "/auth/session"));
  const invite = { email: "z@example.com", role: "viewer" };
  const invitation = await dataOf("POST", `/workspaces/${platform.credentials.org_id}/invitations`, invite);
  const { hash } = new URL(invitation["url"] ?? invitation["invitation_url"] ?? "http://x/#");
  made["invitation"] = hash.slice(1);
  await call("POST", "/invitations/describe", { token: hash.slice(1) });
}

async function requestsThatFail(): Promise<void> {
  const bearer = { authorization: `Bearer ${platform.credentials.api_key}` };
  const json = { "content-type": "application/json" };
  await raw("/v1/accounts", { headers: { authorization: `Bearer ${CHOSEN.wrongToken}` } });
  await raw("/v1/accounts", { headers: { authorization: `Basic ${CHOSEN.wrongToken}` } });
  await raw("/v1/accounts", { headers: { cookie: `millrace_session=${CHOSEN.wrongToken}` } });
  await raw("/v1/accounts", { method: "POST", headers: { ...bearer, ...json }, body: `{"x": "${CHOSEN.malformed}` });
  await refused("POST", "/accounts", { app: "no_such_app", credentials: { bot_token: CHOSEN.account } });
  await refused("POST", "/accounts", { app: "slack_bot", credentials: { no_such: CHOSEN.account } });
  await refused("POST", "/accounts", { app: "slack_bot", credentials: CHOSEN.account });
  await refused("PUT", `/accounts/apn_unknown`, { credentials: { bot_token: CHOSEN.account } });
  await refused("PUT", `/workspaces/${platform.credentials.org_id}/env`, { "bad name": CHOSEN.environment });
  await refused("PUT", `/workspaces/${platform.credentials.org_id}/env`, { MILLRACE_X: CHOSEN.environment });
  await refused("POST", "/oauth_apps", { app: "slack", client_secret: CHOSEN.oauthAppSecret });
  await refused("POST", "/auth/setup", { token: CHOSEN.wrongToken, email: "a@b.cd", password: CHOSEN.password });
  await refused("POST", "/auth/password_reset/finish", { token: CHOSEN.wrongToken, password: CHOSEN.password });
  await refused("POST", "/workflows", {
    triggers: [{ type: "http", props: { authorization: "bearer", bearer_token: CHOSEN.bearer, no_such: 1 } }],
  });
}

/** Fails for each secret that a text holds. */
function assertNoneIn(what: string, text: string): void {
  for (const [name, secret] of Object.entries({ ...CHOSEN, ...made })) {
    if (name === "accountId") continue;
    assert.ok(secret.length >= 8, `${name} was planted`);
    const at = text.indexOf(secret);
    assert.ok(at === -1, `${what} holds ${name}: ${text.slice(Math.max(0, at - 200), at + secret.length + 40)}`);
  }
}

void test("no reply that refuses repeats a secret", () => {
  assert.ok(refusals.length >= 20, String(refusals.length));
  for (const { body } of refusals) assertNoneIn("a refusal", JSON.stringify(body));
});

void test("no event, log, run or audit entry holds a secret", async () => {
  const streams = ["", "$errors", "$logs"].map(
    (channel) => `/sources/${sourceId}/event_summaries?expand=event&event_name=${encodeURIComponent(channel)}`,
  );
  const ofWorkflow = ["$errors/event_summaries?expand=event", "$logs/event_summaries?expand=event", "runs"];
  const paths = [
    ...streams,
    ...ofWorkflow.map((path) => `/workflows/${workflowId}/${path}`),
    `/sources/${sourceId}/runs`,
    `/workspaces/${platform.credentials.org_id}/audit_log?limit=100`,
  ];
  for (const path of paths) {
    const reply = await call("GET", path);
    assert.equal(reply.status, 200, path);
    assertNoneIn(path, JSON.stringify(reply.body));
  }
  const { body } = await call("GET", `/workflows/${workflowId}/runs`);
  const run = await call("GET", `/runs/${(body as { data: { id: string }[] }).data[0]?.id}`);
  assert.match(JSON.stringify(run.body), /"namespace":"fails"/);
  assertNoneIn("the run", JSON.stringify(run.body));
  const failed = await call("GET", `/workflows/${workflowId}/$errors/event_summaries?expand=event`);
  assert.match(JSON.stringify(failed.body), /the provider refused/);
  const ofSource = await call("GET", `/sources/${sourceId}/event_summaries?expand=event&event_name=$errors`);
  assert.match(JSON.stringify(ofSource.body), /the provider refused/);
});

void test("the database holds no secret in clear", async () => {
  const { rows: tables } = await platform.db.query<{ name: string }>(
    "select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'",
  );
  assert.ok(tables.length >= 20, String(tables.length));
  for (const { name } of tables) {
    const { rows } = await platform.db.query<{ line: string }>(`select t::text as line from "${name}" t`);
    assertNoneIn(`the table ${name}`, rows.map(({ line }) => line).join("\n"));
  }
});

void test("nothing that is sent holds a secret", () => {
  for (const request of receiver.requests) assertNoneIn("a delivery", JSON.stringify(request));
});

void test("the log holds no secret, not even at its finest", () => {
  // Lines for people, such as the link by which the owner sets a password, are no log.
  const lines = platform.instance.output.split("\n").filter((line) => line.startsWith("{"));
  assert.ok(lines.length >= 50, String(lines.length));
  assertNoneIn("the log", lines.join("\n"));
});
