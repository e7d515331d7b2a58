import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { getRun, nodeStep, returned, runIn, runToEnd, startRun, workflowOf } from "../testing/test-runs.ts";
import { startTestServer, type TestServer } from "../testing/test-server.ts";
import { eventually } from "../testing/test-source.ts";
import type { TestWorkflow } from "../testing/test-workflow.ts";

let server: TestServer;
before(async () => (server = await startTestServer()));
after(() => server.close());

/** The URL as this process reaches it. */
const reachable = (url: unknown): string => {
  const { pathname } = new URL(String(url));
  return server.url + pathname;
};

const PAUSED = [
  nodeStep("ask", `const urls = $.flow.suspend(600000); $.export("urls", urls); return steps.trigger.context.id;`),
  nodeStep(
    "then",
    `return { data: steps.ask.$resume_data, id: steps.trigger.context.id, trace: steps.trigger.context.trace_id };`,
  ),
];

async function suspended(workflow: TestWorkflow) {
  const runId = await startRun(workflow);
  const run = await runIn(server, runId, "paused");
  const urls = run.steps[0]?.exports["urls"] as { resume_url: string; cancel_url: string };
  return { runId, run, resumeUrl: reachable(urls.resume_url), cancelUrl: reachable(urls.cancel_url) };
}

test("a suspended run goes on when its URL is called, with the request as $resume_data, and the URL works once", async () => {
  const workflow = await workflowOf(server, PAUSED);
  const { runId, run, resumeUrl, cancelUrl } = await suspended(workflow);
  assert.deepEqual(
    run.waits.map(({ namespace, kind }) => [namespace, kind]),
    [["ask", "suspend"]],
  );
  for (const headers of [{ purpose: "prefetch" }, { "sec-purpose": "prefetch;prerender" }]) {
    assert.equal((await fetch(resumeUrl, { headers })).status, 204);
  }
  for (const url of [resumeUrl, cancelUrl]) assert.equal((await fetch(url, { method: "HEAD" })).status, 204);
  assert.equal((await fetch(`${resumeUrl.slice(0, -3)}xyz`)).status, 404);
  assert.equal((await getRun(server, runId)).status, "paused");
  const headers = { "content-type": "application/json" };
  const calls = [1, 2].map((n) =>
    fetch(`${resumeUrl}?q=1&two=a&two=b`, { method: "PATCH", headers, body: JSON.stringify({ n }) }),
  );
  const statuses = (await Promise.all(calls)).map(({ status }) => status);
  assert.deepEqual(
    statuses.toSorted((a, b) => a - b),
    [200, 404],
  );
  const ended = await runIn(server, runId, "success");
  const { data, id, trace } = returned(ended)["then"] as { data: Record<string, unknown>; id: string; trace: string };
  assert.deepEqual([data["method"], data["query"]], ["PATCH", { q: "1", two: ["a", "b"] }]);
  assert.ok("n" in (data["body"] as object));
  assert.notEqual(id, returned(ended)["ask"]);
  assert.equal(trace, ended.trace_id);
  assert.equal(ended.steps.length, 2);
  for (const url of [resumeUrl, cancelUrl]) assert.equal((await fetch(url)).status, 404);
});

test("a call of the cancel URL ends the run, and nothing runs after it", async () => {
  const workflow = await workflowOf(server, PAUSED);
  const { runId, resumeUrl, cancelUrl } = await suspended(workflow);
  assert.equal((await fetch(cancelUrl)).status, 200);
  const run = await getRun(server, runId);
  assert.deepEqual([run.status, run.steps.length], ["cancelled", 1]);
  assert.equal((await fetch(resumeUrl)).status, 404);
});

test("a suspension that nobody answers is cancelled at its time; a delay goes on", async () => {
  const suspends = await workflowOf(server, [nodeStep("s", `$.flow.suspend(300)`), nodeStep("never", ``)]);
  const delays = await workflowOf(server, [
    nodeStep("d", `$.flow.delay(300); return Date.now();`),
    nodeStep("on", `return Date.now();`),
  ]);
  const [first, second] = await Promise.all([runToEnd(suspends), runToEnd(delays)]);
  assert.deepEqual([first.status, first.steps.length], ["cancelled", 1]);
  const { d, on } = returned(second);
  assert.equal(second.status, "success");
  assert.ok(Number(on) - Number(d) >= 295, `${String(on)} - ${String(d)}`);
});

test("a URL called while its step is still at work counts once the run pauses", async () => {
  const workflow = await workflowOf(server, [
    nodeStep(
      "early",
      `const { resume_url } = $.flow.suspend(600000); $.send.emit({ resume_url }); console.log(resume_url); await fetch(resume_url, { method: "POST" }); $.export("url", resume_url);`,
    ),
    nodeStep("then", `return steps.early.$resume_data.method;`),
  ]);
  const run = await runToEnd(workflow);
  assert.deepEqual(returned(run)["then"], "POST");
});

test("rerun runs the same step again, as often as it may, and then the run goes on", async () => {
  const workflow = await workflowOf(server, [
    nodeStep(
      "again",
      `const { run } = $.context; $.flow.rerun(1, { last: run.runs }, 2); return [run.runs, run.context ?? null];`,
    ),
    nodeStep("on", `return "on";`),
  ]);
  const run = await runToEnd(workflow);
  assert.deepEqual([run.status, returned(run)], ["success", { again: [3, { last: 2 }], on: "on" }]);
  assert.equal(run.steps[0]?.attempts, 3);
});

test("a rerun that its URL brought on sees the request", async () => {
  const workflow = await workflowOf(server, [
    nodeStep(
      "poll",
      `const { run } = $.context; if (run.runs === 1) $.export("urls", $.flow.rerun(600000)); return run.callback_request?.body ?? null;`,
    ),
  ]);
  const { runId, resumeUrl } = await suspended(workflow);
  await fetch(resumeUrl, { method: "POST", headers: { "content-type": "application/json" }, body: `{"ok":1}` });
  assert.deepEqual(returned(await runIn(server, runId, "success")), { poll: { ok: 1 } });
});

test("a step is tried again as its policy says, but never after a ConfigurationError", async () => {
  const retry = { max_attempts: 3, backoff_s: 0.01 };
  const flaky = await workflowOf(server, [
    nodeStep("flaky", `throw Object.assign(new Error("no"), { name: steps.trigger.event.name });`, { retry }),
  ]);
  const [often, once] = await Promise.all([
    runToEnd(flaky, { name: "TypeError" }),
    runToEnd(flaky, { name: "ConfigurationError" }),
  ]);
  assert.deepEqual([often.status, often.steps[0]?.attempts], ["error", 3]);
  assert.deepEqual([once.status, once.steps[0]?.attempts], ["error", 1]);
});

test("with auto-retry a failed run waits at its failed step and tells how to go on, without an event on $errors", async () => {
  const workflow = await workflowOf(
    server,
    [
      nodeStep("ok", `return Math.random();`),
      nodeStep("bad", `if ($.context.resume === null) throw new Error("first"); return steps.ok.$return_value;`),
    ],
    { settings: { auto_retry: true } },
  );
  const runId = await startRun(workflow);
  const run = await runIn(server, runId, "paused");
  const attempt = run.steps[1]?.exports["$attempt"] as Record<string, string>;
  assert.deepEqual(Object.keys(attempt).toSorted(), ["cancel_url", "error", "rerun_url", "resume_ts"]);
  assert.equal(typeof run.steps[1]?.exports["$summary"], "string");
  assert.equal(run.waits[0]?.kind, "auto_retry");
  assert.equal((await fetch(reachable(attempt["rerun_url"]))).status, 200);
  const ended = await runIn(server, runId, "success");
  assert.equal(returned(ended)["bad"], returned(ended)["ok"]);
  const errors = await server.call("GET", `/workflows/${workflow.id}/$errors/event_summaries`);
  assert.equal((errors.body as { data: unknown[] }).data.length, 0);
});

test("the caller hears at once that a run paused before it answered, and 400 when nothing answered", async () => {
  const http = { triggers: [{ type: "http", props: { custom_response: true } }] };
  const delays = await workflowOf(server, [nodeStep("d", `$.flow.delay(60000)`)], http);
  const paused = await fetch(delays.endpoint);
  assert.deepEqual([paused.status, await paused.text()], [400, "$.respond() not called for this invocation"]);
  const silent = await workflowOf(server, [nodeStep("s", `throw new Error("x")`)], http);
  const ended = await fetch(silent.endpoint);
  assert.deepEqual([ended.status, await ended.text()], [400, "No $.respond called in workflow"]);
  const both = await workflowOf(
    server,
    [
      nodeStep("a", `await $.respond({ status: 201, body: "first" });`),
      nodeStep("b", `await $.respond({ status: 202, body: "second" });`),
    ],
    http,
  );
  const first = await fetch(both.endpoint);
  assert.deepEqual([first.status, await first.text()], [201, "first"]);
});

test("a run that takes too long ends as TIMEOUT", async () => {
  const workflow = await workflowOf(server, [nodeStep("slow", `await new Promise(() => {});`)], {
    settings: { timeout_s: 1 },
  });
  assert.equal((await runToEnd(workflow)).error?.code, "TIMEOUT");
});

test("running and paused runs can be cancelled, and an ended one cannot", async () => {
  const slow = await workflowOf(server, [
    nodeStep("slow", `await new Promise((r) => setTimeout(r, 3000));`),
    nodeStep("b", ``),
  ]);
  const runId = await startRun(slow);
  await runIn(server, runId, "running");
  assert.equal((await server.call("POST", `/runs/${runId}/cancel`)).status, 200);
  assert.equal((await getRun(server, runId)).status, "cancelled");
  assert.equal((await server.call("POST", `/runs/${runId}/cancel`)).status, 409);
  await eventually(async () => {
    const { rows } = await server.db.query("select 1 from deliveries where listener_id = $1", [slow.id]);
    return rows.length === 0;
  });
  const paused = await suspended(await workflowOf(server, PAUSED));
  assert.equal((await server.call("POST", `/runs/${paused.runId}/cancel`)).status, 200);
  assert.equal((await fetch(paused.resumeUrl)).status, 404);
});
