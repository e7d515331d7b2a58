import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertShape, startTestApi, type TestApi } from "../testing/index.ts";
import { account, app, pageInfo, workspace } from "./seed/shapes.ts";

// The examples of the primary source: request, and the shape of the reply with its exact fields.

let api: TestApi;
let accountId: string;
before(async () => {
  api = await startTestApi();
  const body = { app: "slack_bot", name: "Bot", credentials: { bot_token: "xoxb" } };
  const made = (await api.call("POST", "/v1/accounts", { body })).body as { data: { id: string } };
  accountId = made.data.id;
});
after(() => api[Symbol.asyncDispose]());

async function get(path: string): Promise<unknown> {
  const reply = await api.call("GET", `/v1${path}`, { headers: { "content-type": "application/json" } });
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  return reply.body;
}

void test("List accounts", async () => {
  const body = (await get("/accounts")) as { data: unknown };
  assertShape(body.data, [account]);
  assertShape(((await get("/accounts/")) as { data: unknown }).data, [account]);
});

void test("Get account, metadata", async () => {
  assertShape(await get(`/accounts/${accountId}`), { data: account });
});

void test("Get account, credentials", async () => {
  assertShape(await get(`/accounts/${accountId}?include_credentials=true`), {
    data: { ...account, expires_at: "string|null", credentials: { bot_token: "string" } },
  });
});

void test("List apps", async () => {
  const body = (await get("/apps?q=Slack")) as Record<string, unknown>;
  assert.deepEqual(body["page_info"], {
    total_count: 2,
    count: 2,
    start_cursor: "c2xhY2s",
    end_cursor: "c2xhY2tfYm90",
  });
  const [slack, bot] = body["data"] as Record<string, unknown>[];
  assert.deepEqual([slack?.["id"], slack?.["name_slug"], slack?.["auth_type"]], ["app_OkrhR1", "slack", "oauth"]);
  assert.deepEqual([bot?.["id"], bot?.["name_slug"], bot?.["auth_type"]], ["app_mWnheL", "slack_bot", "keys"]);
  assert.equal(
    bot?.["custom_fields_json"],
    '[{"name":"bot_token","label":"Bot Token","description":null,"default":null,"optional":null,"type":"password"}]',
  );
  assertShape(body["data"], [app]);
});

void test("Get an app, by id and by slug", async () => {
  assertShape(await get("/apps/app_OkrhR1?shape=seed"), { data: [app] });
  assertShape(await get("/apps/slack"), { data: app });
});

void test("Get current user, free", async () => {
  assertShape(await get("/users/me"), {
    data: {
      id: /^u_/,
      username: "string",
      email: "string",
      daily_compute_time_quota: "integer",
      daily_compute_time_used: "integer",
      daily_invocations_quota: "integer",
      daily_invocations_used: "integer",
      orgs: [workspace],
    },
  });
});

void test("Get current user, paid", async () => {
  await using paid = await startTestApi({ besides: api, plan: "paid" });
  assertShape((await paid.call("GET", "/v1/users/me")).body, {
    data: {
      id: /^u_/,
      username: "string",
      email: "string",
      billing_period_start_ts: "integer",
      billing_period_end_ts: "integer",
      billing_period_credits: "integer",
    },
  });
});

void test("Get a workspace", async () => {
  assertShape(await get(`/workspaces/${api.credentials.org_id}`), { data: workspace });
});

void test("Get a workspace's connected accounts", async () => {
  const body = await get(`/workspaces/${api.credentials.org_id}/accounts?query=slack_bot`);
  assertShape(body, { page_info: pageInfo, data: [{ id: /^apn_/, name: "string" }] });
});
