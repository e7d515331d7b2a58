import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { addUser } from "../testing/test-api.ts";
import { startTestServer, type TestServer } from "../testing/test-server.ts";
import { eventually } from "../testing/test-source.ts";
import { TestWorkflow } from "../testing/test-workflow.ts";

let server: TestServer;
before(async () => (server = await startTestServer({ env: { MILLRACE_HTTP_BODY_LIMIT: "2000" } })));
after(() => server.close());

const withHttp = (props: object = {}): Promise<TestWorkflow> =>
  TestWorkflow.create(server, { triggers: [{ type: "http", props }] });

test("the default answer is 200 with two lines of HTML, at once", async () => {
  const workflow = await withHttp();
  const response = await fetch(workflow.endpoint, { method: "POST", body: "x" });
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-type") ?? "", /^text\/html/);
  const lines = (await response.text()).split("\n");
  assert.equal(lines[0], "<p><b>Success!</b></p>");
  assert.match(
    lines[1] ?? "",
    /^<p>To customize this response, check out our docs <a href="http[^"]+">here<\/a><\/p>$/,
  );
});

test("the event has the request: lower-case headers, lists for repeated names, a parsed body and no bodyRaw", async () => {
  const workflow = await withHttp();
  const response = await fetch(`${workflow.endpoint}/a/b?x=1&y=2&x=3`, {
    method: "PUT",
    headers: { "content-type": "application/json", "X-Custom": "c" },
    body: JSON.stringify({ k: [1] }),
  });
  await response.text();
  const [event] = await workflow.triggerEvents();
  const { headers, url, ...rest } = event ?? {};
  assert.deepEqual(rest, {
    method: "PUT",
    path: "/a/b",
    query: { x: ["1", "3"], y: "2" },
    client_ip: "127.0.0.1",
    body: { k: [1] },
  });
  assert.match(url as string, /^http.*\/a\/b$/);
  assert.equal((headers as Record<string, string>)["x-custom"], "c");
});

test("without a body, the event has none", async () => {
  const workflow = await withHttp();
  await (await fetch(workflow.endpoint)).text();
  const [event] = await workflow.triggerEvents();
  assert.deepEqual([event?.["method"], event && "body" in event, event && "bodyRaw" in event], ["GET", false, false]);
});

test("body_only makes the event the body alone", async () => {
  const workflow = await withHttp({ body_only: true });
  const json = { "content-type": "application/json" };
  await (await fetch(workflow.endpoint, { method: "POST", headers: json, body: `{"a":1}` })).text();
  await (await fetch(workflow.endpoint)).text();
  assert.deepEqual(await workflow.triggerEvents(), [{ a: 1 }, {}]);
});

test("a static response goes out as configured", async () => {
  const workflow = await withHttp({
    static_response: { status: 202, headers: { "x-kind": "static" }, body: { ok: true } },
  });
  const response = await fetch(workflow.endpoint, { method: "POST" });
  assert.equal(response.status, 202);
  assert.equal(response.headers.get("x-kind"), "static");
  assert.match(response.headers.get("content-type") ?? "", /^application\/json/);
  assert.deepEqual(await response.json(), { ok: true });
  assert.equal((await workflow.triggerEvents()).length, 1);
});

test("a bearer token is asked for, and without it nothing is stored", async () => {
  const workflow = await withHttp({ authorization: "bearer", bearer_token: "s3cret token" });
  for (const authorization of [undefined, "Bearer wrong", "Basic s3cret token", "Bearer s3cret"]) {
    const refused = await fetch(workflow.endpoint, {
      method: "POST",
      ...(authorization && { headers: { authorization } }),
    });
    assert.equal(refused.status, 401, String(authorization));
    assert.equal(((await refused.json()) as { code: string }).code, "unauthorized");
  }
  assert.deepEqual(await workflow.triggerEvents(), []);
  const accepted = await fetch(workflow.endpoint, { headers: { authorization: "Bearer s3cret token" } });
  assert.equal(accepted.status, 200);
  const stored = await server.db.query<{ text: string }>(
    "select config || (select string_agg(definition, '') from workflow_versions) as text from workflow_triggers",
  );
  assert.ok(!JSON.stringify(stored.rows).includes("s3cret"));
});

interface AskedToken {
  orgId: string;
  apiKey: string;
  scope?: string;
}

/** An access token of a new OAuth client of a workspace. */
async function accessToken({ orgId, apiKey, scope }: AskedToken): Promise<string> {
  const post = async (path: string, body: object): Promise<unknown> => {
    const headers = { authorization: `Bearer ${apiKey}`, "content-type": "application/json" };
    const response = await fetch(`${server.url}/v1${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    assert.equal(response.status, 200, await response.clone().text());
    return response.json();
  };
  const made = await post(`/workspaces/${orgId}/oauth_clients`, { name: "caller" });
  const { client_id, client_secret } = (made as { data: { client_id: string; client_secret: string } }).data;
  const grant = { grant_type: "client_credentials", client_id, client_secret, ...(scope !== undefined && { scope }) };
  return ((await post("/oauth/token", grant)) as { access_token: string }).access_token;
}

test("with oauth, an access token of the workspace opens the endpoint, and nothing else does", async () => {
  const workflow = await withHttp({ authorization: "oauth" });
  const { orgId, apiKey } = server;
  const stranger = await addUser(server.db);
  const good = await accessToken({ orgId, apiKey });
  const foreign = await accessToken({ orgId: stranger.orgId ?? "", apiKey: stranger.apiKey });
  const reading = await accessToken({ orgId, apiKey, scope: "read" });
  for (const token of ["", "x", apiKey, `${good}x`, foreign, reading]) {
    const refused = await fetch(workflow.endpoint, { headers: { authorization: `Bearer ${token}` } });
    assert.equal(refused.status, 401);
  }
  assert.deepEqual(await workflow.triggerEvents(), [], "nothing was stored");
  for (const token of [good, await accessToken({ orgId, apiKey, scope: "connect:workflow:invoke" })]) {
    const accepted = await fetch(workflow.endpoint, { headers: { authorization: `Bearer ${token}` } });
    assert.equal(accepted.status, 200);
  }
  assert.equal((await workflow.triggerEvents()).length, 2);
});

test("OPTIONS is answered by the platform, without a token and without an event", async () => {
  const workflow = await withHttp({ authorization: "bearer", bearer_token: "t" });
  const response = await fetch(workflow.endpoint, { method: "OPTIONS" });
  assert.equal(response.headers.get("access-control-allow-methods"), "GET,HEAD,PUT,PATCH,POST,DELETE");
  assert.equal(response.headers.get("access-control-allow-origin"), "*");
  assert.deepEqual(await workflow.triggerEvents(), []);
});

test("too large a body is 413, and shows among the workflow's errors", async () => {
  const workflow = await withHttp();
  const response = await fetch(workflow.endpoint, { method: "POST", body: "x".repeat(3_000) });
  assert.equal(response.status, 413);
  await response.text();
  const payload = await eventually(async () => {
    const { rows } = await server.db.query<{ payload: string }>(
      "select payload from events where emitter_id = $1 and channel = '$errors'",
      [workflow.id],
    );
    return rows[0]?.payload;
  });
  const error = JSON.parse(payload) as { error: { code: string }; original_event: { method: string } };
  assert.deepEqual([error.error.code, error.original_event.method], ["Request Entity Too Large", "POST"]);
  assert.deepEqual(await workflow.triggerEvents(), []);
});

test("an endpoint of an inactive or deleted workflow is 404, at once", async () => {
  const workflow = await withHttp();
  const status = async () => (await fetch(workflow.endpoint)).status;
  assert.equal(await status(), 200);
  await workflow.put({ active: false });
  assert.equal(await status(), 404);
  await workflow.put({ active: true });
  assert.equal(await status(), 200);
  assert.equal((await server.call("DELETE", `/workflows/${workflow.id}`)).status, 204);
  assert.equal(await status(), 404);
});

test("a timer ticks for its workflow, and tells the time in its zone", async () => {
  const props = { interval_seconds: 1, timezone: "Asia/Tokyo" };
  const workflow = await TestWorkflow.create(server, { triggers: [{ type: "timer", props }] });
  const [tick] = await eventually(async () => {
    const events = await workflow.triggerEvents();
    return events.length > 0 && events;
  });
  const { interval_seconds, timezone_configured, timezone_utc } = tick as Record<string, { timezone: string }>;
  assert.deepEqual([interval_seconds, timezone_configured?.timezone, timezone_utc?.timezone], [1, "Asia/Tokyo", "UTC"]);
  await workflow.put({ active: false });
  const { rows } = await server.db.query(
    "select 1 from timers where owner_id = $1 and (active or next_at_ms is not null)",
    [workflow.id],
  );
  assert.deepEqual(rows, []);
});
