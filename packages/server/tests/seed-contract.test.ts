import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertShape, startTestServer, TestReceiver, type TestServer } from "../testing/index.ts";
import { component, eventId, pageInfo, source, subscription, webhook } from "./seed/shapes.ts";

// The primary source's examples of components, sources, events, subscriptions and webhooks: the request as it is printed,
// and the shape of the reply. Fields that it does not print are listed as ours.

const CODE = `export default {
  name: "rss",
  version: "0.0.1",
  props: {
    url: { type: "string", label: "Feed URL", description: "Enter the URL for any public RSS feed." },
    timer: { type: "$.interface.timer", default: { intervalSeconds: 900 } },
  },
  async run(event) {
    this.$emit({ raw_event: event.body ?? { name: "Luke" } }, { name: event.channel ?? "" });
  },
};`;
const KEYED = CODE.replace('name: "rss"', 'key: "my-component", name: "keyed"');
const HTTP = `export default { props: { http: "$.interface.http" }, run() {} };`;

let server: TestServer;
let receiver: TestReceiver;
before(async () => {
  receiver = await TestReceiver.start();
  server = await startTestServer({ egressAllow: ["127.0.0.1/32"] });
});
after(async () => {
  await server.close();
  await receiver.close();
});

async function call(method: string, path: string, options: { body?: unknown; status?: number } = {}) {
  // The examples send this header with every request, bodies or not.
  const response = await fetch(`${server.url}/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${server.apiKey}`, "content-type": "application/json" },
    ...(options.body !== undefined && { body: JSON.stringify(options.body) }),
  });
  const text = await response.text();
  assert.equal(response.status, options.status ?? 200, text);
  return (text === "" ? null : JSON.parse(text)) as {
    data: Record<string, unknown> & { id: string };
    page_info: unknown;
  };
}

async function deploy(): Promise<string> {
  const body = { component_code: CODE, configured_props: { url: "https://rss.example.com" } };
  return (await call("POST", "/sources", { body })).data.id;
}

async function emit(sourceId: string, event: unknown): Promise<string> {
  const reply = await call("POST", `/sources/${sourceId}/events`, { body: { event } });
  return reply.data.id;
}

async function eventIds(sourceId: string): Promise<string[]> {
  const { data } = await call("GET", `/sources/${sourceId}/event_summaries`);
  return (data as unknown as { id: string }[]).map((item) => item.id);
}

void test("Create a component", async () => {
  const reply = await call("POST", "/components", { body: { component_code: CODE } });
  assertShape(reply, { data: component });
  assert.deepEqual(reply.data["configurable_props"], [
    { name: "url", type: "string", label: "Feed URL", description: "Enter the URL for any public RSS feed." },
    { name: "timer", type: "$.interface.timer", default: { intervalSeconds: 900 } },
  ]);
  assert.ok(Number(reply.data["created_at"]) < 10_000_000_000);
});

void test("Create a component without code and URL", async () => {
  await call("POST", "/components", { body: {}, status: 400 });
});

void test("Get a component by key and by id", async () => {
  const made = await call("POST", "/components", { body: { component_code: KEYED } });
  for (const name of ["my-component", made.data.id]) {
    const reply = await call("GET", `/components/${name}`);
    assertShape(reply, { data: component });
    assert.equal(reply.data.id, made.data.id);
  }
});

void test("Get a component from the global registry", async () => {
  const made = await call("POST", "/components", { body: { component_code: KEYED } });
  await call("POST", `/components/${made.data.id}/publish`);
  assertShape(await call("GET", "/components/registry/my-component"), { data: component });
});

void test("Create a source", async () => {
  const body = {
    component_code: CODE,
    name: "your-name-here",
    configured_props: { url: "https://rss.m.pipedream.net", timer: { intervalSeconds: 60 } },
  };
  const reply = await call("POST", "/sources/", { body });
  assertShape(reply, { data: source });
  const { configured_props, active, name, name_slug } = reply.data;
  assert.deepEqual(
    { configured_props, active, name, name_slug },
    {
      configured_props: { url: "https://rss.m.pipedream.net", timer: { cron: null, interval_seconds: 60 } },
      active: true,
      name: "your-name-here",
      name_slug: "your-name-here",
    },
  );
});

void test("Update and delete a source", async () => {
  const id = await deploy();
  const renamed = await call("PUT", `/sources/${id}`, { body: { name: "renamed", active: false } });
  assertShape(renamed, { data: source });
  assert.deepEqual([renamed.data["name"], renamed.data["active"]], ["renamed", false]);
  assert.equal(await call("DELETE", `/sources/${id}`, { status: 204 }), null);
  await call("GET", `/sources/${id}`, { status: 404 });
});

void test("Get a workspace's sources", async () => {
  const endpoint = await call("POST", "/sources", { body: { component_code: HTTP, name: "test" } });
  assertShape(endpoint.data["configured_props"], { http: { endpoint_url: /^https?:\/\// } });
  const reply = await call("GET", `/orgs/${server.orgId}/sources`);
  assertShape(reply, { page_info: pageInfo, data: [source] });
});

void test("Example paginated request", async () => {
  for (let i = 0; i < 4; i++) await deploy();
  const first = await call("GET", "/users/me/sources?limit=1");
  const { start_cursor } = first.page_info as { start_cursor: string };
  const reply = await call("GET", `/users/me/sources?limit=3&after=${start_cursor}&include=id`);
  assertShape(reply, { page_info: pageInfo, data: [{ id: /^dc_/ }] });
  assert.equal((reply.page_info as { count: number }).count, 3);
  assert.equal(Buffer.from(start_cursor, "base64url").toString().slice(0, 3), "dc_");
});

void test("Get source events", async () => {
  const id = await deploy();
  await emit(id, { raw_event: { name: "Luke", title: "Jedi" } });
  await emit(id, { big: "x".repeat(2_000) });
  const summary = {
    id: eventId,
    indexed_at_ms: "integer",
    event: "object|string",
    metadata: { emit_id: /^[0-9A-Za-z]{27}$/, name: /^$/, emitter_id: /^dc_/ },
  };
  const cut = await call("GET", `/sources/${id}/event_summaries`);
  assertShape((cut.data as unknown as unknown[]).slice(1), [summary]);
  assertShape(cut.page_info, { ...pageInfo, start_cursor: eventId, end_cursor: eventId });
  const whole = await call("GET", `/sources/${id}/event_summaries?expand=event&limit=1`);
  assertShape(whole.data, [{ ...summary, event: { big: /^x{2000}$/ } }]);
  const ten = await call("GET", `/sources/${id}/event_summaries?limit=10`);
  assert.equal((ten.page_info as { count: number }).count, 2);
});

void test("Delete source events, from an id, up to an id, one and all", async () => {
  const id = await deploy();
  const remaining = async (query: (ids: string[]) => string) => {
    for (let i = 0; i < 3; i++) await emit(id, { i });
    const ids = (await eventIds(id)).toReversed();
    await call("DELETE", `/sources/${id}/events${query(ids)}`, { status: 202 });
    const left = await eventIds(id);
    await call("DELETE", `/sources/${id}/events`, { status: 202 });
    return left.map((left) => ids.indexOf(left)).toReversed();
  };
  assert.deepEqual(await remaining((ids) => `?start_id=${ids[1]}`), [0]);
  assert.deepEqual(await remaining((ids) => `?end_id=${ids[1]}`), [2]);
  assert.deepEqual(await remaining((ids) => `?start_id=${ids[1]}&end_id=${ids[1]}`), [0, 2]);
  assert.deepEqual(await remaining(() => ""), []);
});

void test("Listen for events from another source, list and delete the subscription", async () => {
  const [emitter, listener] = [await deploy(), await deploy()];
  const query = `emitter_id=${emitter}&listener_id=${listener}`;
  assertShape(await call("POST", `/subscriptions?${query}`), { data: subscription });
  const list = await call("GET", `/workspaces/${server.orgId}/subscriptions`);
  assertShape(list.data, [subscription]);
  await call("DELETE", `/subscriptions?${query}&event_name=`, { status: 204 });
  await call(
    "POST",
    `/subscriptions?emitter_id=dc_*&event_name=${encodeURIComponent("$errors")}&listener_id=${listener}`,
  );
  await call("POST", `/subscriptions?${query}`);
  await call("DELETE", `/subscriptions?${query}`, { status: 204 });
  await call("DELETE", `/subscriptions?${query}`, { status: 404 });
});

void test("Automatically subscribe a listener to events from new sources", async () => {
  const listener = await deploy();
  const reply = await call("POST", `/auto_subscriptions?event_name=$errors&listener_id=${listener}`);
  assert.equal(reply.data["event_name"], "$errors");
});

void test("Create, list and delete a webhook", async () => {
  const url = "https://endpoint.m.pipedream.net";
  const made = await call("POST", `/webhooks?url=${url}&name=name&description=description`);
  assertShape(made, { data: { ...webhook, signing_key: /^whsec_/ } });
  assert.equal(made.data["url"], url);
  assertShape((await call("GET", "/users/me/webhooks")).data, [webhook]);
  assert.equal(await call("DELETE", `/webhooks/${made.data.id}`, { status: 204 }), null);
  for (const bad of ["example.com", "mysql://user:pass@host:port"]) {
    await call("POST", `/webhooks?url=${encodeURIComponent(bad)}`, { status: 400 });
  }
});

void test("A source's event reaches a subscribed webhook as its bare JSON", async () => {
  const emitter = await deploy();
  const hook = await call("POST", `/webhooks?url=${encodeURIComponent(`${receiver.url}/hook`)}`);
  await call("POST", `/subscriptions?emitter_id=${emitter}&listener_id=${hook.data.id}`);
  await emit(emitter, { raw_event: { name: "Luke", title: "Jedi" } });
  const request = await receiver.next();
  assert.deepEqual(JSON.parse(request.body), { raw_event: { name: "Luke", title: "Jedi" } });
  assert.equal(request.headers["x-pd-emitter-id"], emitter);
});
