import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { after, before, test } from "node:test";
import { TestReceiver } from "../testing/test-receiver.ts";
import { startTestServer, type TestServer } from "../testing/test-server.ts";
import { eventually } from "../testing/test-source.ts";
import { TestWorkflow } from "../testing/test-workflow.ts";

const TOKEN = "a-token-of-these-tests";
const DASHBOARD = new URL("../../../docs/grafana/millrace.json", import.meta.url);
const DOCS = new URL("../../../docs/metrics.md", import.meta.url);

let server: TestServer;
before(async () => (server = await startTestServer({ egressAllow: ["127.0.0.0/8"] })));
after(() => server.close());

const read = async (url = server.url, headers: Record<string, string> = {}): Promise<string> => {
  const response = await fetch(`${url}/metrics`, { headers });
  assert.equal(response.status, 200);
  return response.text();
};

/** The value of a metric; 0 when it is not there yet. */
const valueOf = (text: string, metric: string): number => {
  const line = text.split("\n").find((one) => one.startsWith(`${metric} `));
  return Number(line?.slice(metric.length + 1) ?? 0);
};

const namesOf = (text: string): Set<string> =>
  new Set([...text.matchAll(/^# TYPE (\S+) (\S+)/gm)].map(([, name]) => name ?? ""));

/** Fetch does not let one choose the host. */
const statusFor = (headers: Record<string, string>): Promise<number> =>
  new Promise((resolve, reject) => {
    const { port } = new URL(server.url);
    const asked = request({ host: "127.0.0.1", port, path: "/metrics", headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on("error", reject).end();
  });

test("what a workflow does is counted: its event, its delivery, its run, its steps and its outgoing request", async () => {
  await using receiver = await TestReceiver.start();
  const code = `export default defineComponent({ async run({ $ }) { $.send.emit({ ok: true }); } });`;
  const workflow = await TestWorkflow.create(server, {
    triggers: [{ type: "http" }],
    steps: [{ namespace: "hello", code }],
  });
  const webhook = await server.call("POST", "/webhooks", { url: receiver.url, name: "metrics" });
  const { id } = (webhook.body as { data: { id: string } }).data;
  await server.call("POST", `/subscriptions?emitter_id=${workflow.id}&listener_id=${id}`);
  const before = await read();
  await (await fetch(workflow.endpoint, { method: "POST", body: "x" })).text();
  await receiver.waitFor(1);
  const grown = async (metric: string): Promise<number> => valueOf(await read(), metric) - valueOf(before, metric);
  await eventually(async () => (await grown(`millrace_deliveries_total{listener="webhook",outcome="done"}`)) === 1);
  await eventually(async () => (await grown(`millrace_egress_requests_total{outcome="2xx"}`)) === 1);
  await eventually(async () => (await grown(`millrace_runs_total{kind="workflow",outcome="success"}`)) === 1);
  assert.ok((await grown("millrace_events_total")) >= 2);
  assert.ok((await grown("millrace_commits_total")) >= 1);
  assert.equal(await grown(`millrace_steps_total{outcome="success"}`), 1);
  assert.equal(await grown(`millrace_deliveries_total{listener="workflow",outcome="done"}`), 1);
  assert.equal(await grown(`millrace_http_requests_total{route="endpoint",status="2xx"}`), 1);
  assert.equal(await grown("millrace_sandbox_invocations_total"), 1);
  assert.ok((await grown(`millrace_delivery_seconds_count{listener="webhook"}`)) === 1);
});

test("no metric has a workspace's ids, names or addresses in it", async () => {
  const text = await read();
  assert.doesNotMatch(text, /\b(o|u|p|dc|wh|hi|apn|proj)_[A-Za-z0-9]{4,}/);
  assert.doesNotMatch(text, /127\.0\.0\.1/);
  assert.ok(text.split("\n").length < 400);
});

test("without a token, metrics are for this machine alone, and for nobody behind a proxy or under another name", async () => {
  assert.equal(await statusFor({}), 200);
  assert.equal(await statusFor({ "x-forwarded-for": "203.0.113.9" }), 403);
  assert.equal(await statusFor({ forwarded: "for=203.0.113.9" }), 403);
  assert.equal(await statusFor({ via: "1.1 proxy" }), 403);
  assert.equal(await statusFor({ host: "rebound.example.com" }), 403);
  assert.equal(await statusFor({ host: "127.0.0.1.example.com" }), 403);
  assert.equal((await fetch(`${server.url}/metrics`, { method: "POST" })).status, 405);
});

test("with a token, only who has it reads them, from wherever", async () => {
  await using guarded = await startTestServer({ env: { MILLRACE_METRICS_TOKEN: TOKEN } });
  const status = async (headers: Record<string, string>): Promise<number> =>
    (await fetch(`${guarded.url}/metrics`, { headers })).status;
  assert.equal(await status({}), 401);
  assert.equal(await status({ authorization: "Bearer wrong" }), 401);
  assert.equal(await status({ authorization: `Bearer ${guarded.apiKey}` }), 401);
  assert.equal(await status({ authorization: `Bearer ${TOKEN}`, "x-forwarded-for": "203.0.113.9" }), 200);
});

test("every query of the Grafana dashboard names metrics that there are, and every metric is in it and in the docs", async () => {
  const names = namesOf(await read());
  const dashboard = readFileSync(DASHBOARD, "utf8");
  const { panels } = JSON.parse(dashboard) as { panels: { id: number; targets: { expr: string }[] }[] };
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  const expressions = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)).join("\n");
  const used = [...expressions.matchAll(/\bmillrace_\w+/g)].map(([name]) => name.replace(/_bucket$/, ""));
  const unknown = used.filter((name) => !names.has(name));
  assert.deepEqual(unknown, []);
  const shown = new Set(used);
  assert.deepEqual(
    [...names].filter((name) => !shown.has(name)),
    [],
  );
  const docs = readFileSync(DOCS, "utf8");
  assert.deepEqual(
    [...names].filter((name) => !docs.includes(`\`${name}\``)),
    [],
  );
});
