import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { getRun, nodeStep, returned, runIn, runToEnd, startRun, workflowOf } from "../testing/test-runs.ts";
import { startTestServer, type TestServer } from "../testing/test-server.ts";
import { eventually } from "../testing/test-source.ts";
import { TestWorkflow } from "../testing/test-workflow.ts";

let server: TestServer;
before(async () => (server = await startTestServer()));
after(() => server.close());

test("a request runs the steps in order, each seeing the exports of those before it, and the run tells all", async () => {
  const workflow = await TestWorkflow.create(server, {
    triggers: [{ type: "http", props: { custom_response: true } }],
    steps: [
      nodeStep("one", `console.log("hi"); $.export("k", { a: 1 }); return steps.trigger.event.body.n + 1;`),
      nodeStep("two", `await $.respond({ status: 201, body: { got: steps.one.$return_value, k: steps.one.k } });`),
    ],
  });
  const response = await fetch(workflow.endpoint, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ n: 41 }),
  });
  assert.deepEqual([response.status, await response.json()], [201, { got: 42, k: { a: 1 } }]);
  const [listed] = await runsOf(workflow, 1);
  const run = await runIn(server, String(listed?.["id"]), "success");
  assert.deepEqual([run.trigger.type, run.trigger.event["method"]], ["http", "POST"]);
  assert.deepEqual(
    run.steps.map(({ namespace, status, attempts, return_value }) => [namespace, status, attempts, return_value]),
    [
      ["one", "success", 1, 42],
      ["two", "success", 1, null],
    ],
  );
  assert.deepEqual(run.steps[0]?.exports, { k: { a: 1 } });
  assert.equal(run.steps[0]?.logs[0]?.msg, "hi");
});

async function runsOf(workflow: TestWorkflow, count: number, query = ""): Promise<Record<string, unknown>[]> {
  return eventually(async () => {
    const reply = await server.call("GET", `/workflows/${workflow.id}/runs?limit=100${query}`);
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    const { data } = reply.body as { data: Record<string, unknown>[] };
    return data.length >= count && data;
  });
}

test("a run started by the API is found by its id at once, and again once it has ended", async () => {
  const workflow = await workflowOf(server, [
    nodeStep("slow", `await new Promise((r) => setTimeout(r, 300)); return 1;`),
  ]);
  const runId = await startRun(workflow, { a: 1 });
  const early = await getRun(server, runId);
  assert.ok(["queued", "running"].includes(early.status), early.status);
  assert.deepEqual(early.trigger.event, { a: 1 });
  const listed = await runsOf(workflow, 1);
  assert.equal(listed[0]?.["id"], runId);
  const run = await runIn(server, runId, "success");
  assert.deepEqual([run.trigger.type, returned(run)], ["manual", { slow: 1 }]);
  assert.equal((await runsOf(workflow, 1, "&status=success")).length, 1);
});

test("a workflow without steps succeeds", async () => {
  assert.equal((await runToEnd(await workflowOf(server, []))).status, "success");
});

test("a step that throws ends the run with its own stack, and $errors has one event; later steps do not run", async () => {
  const workflow = await workflowOf(server, [
    nodeStep("bad", `$.export("before", 1); console.log("last words"); throw new TypeError("my mistake");`),
    nodeStep("never", `return 1;`),
  ]);
  const run = await runToEnd(workflow, { n: 1 });
  assert.equal(run.status, "error");
  assert.deepEqual([run.error?.code, run.error?.message, run.error?.step], ["USER_ERROR", "my mistake", "bad"]);
  assert.match(run.error?.stack ?? "", /my mistake/);
  assert.deepEqual(
    run.steps.map((step) => [step.namespace, step.status]),
    [["bad", "error"]],
  );
  assert.deepEqual(run.steps[0]?.exports, { before: 1 });
});

test("$errors has one event for a run that failed, with the run's event and context, and $logs its lines", async () => {
  const workflow = await workflowOf(server, [
    nodeStep("bad", `console.log("last words"); throw new TypeError("my mistake");`),
  ]);
  await runToEnd(workflow, { n: 1 });
  const errors = await eventsOf(workflow, "$errors/");
  assert.equal(errors.length, 1);
  const { event, metadata } = errors[0] ?? {};
  assert.deepEqual(event?.["original_event"], { n: 1 });
  assert.equal((event?.["error"] as { cellId: string } | undefined)?.cellId, workflow.data.steps[0]?.id);
  assert.equal((event?.["original_context"] as { workflow_id: string } | undefined)?.workflow_id, workflow.id);
  assert.equal(metadata?.["name"], "$errors");
  const logs = await eventsOf(workflow, "$logs/");
  assert.equal(logs[0]?.event["msg"], "last words");
});

interface Summary {
  event: Record<string, unknown>;
  metadata: Record<string, unknown>;
}

async function eventsOf(workflow: TestWorkflow, path = ""): Promise<Summary[]> {
  const reply = await server.call("GET", `/workflows/${workflow.id}/${path}event_summaries?expand=event`);
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  return (reply.body as { data: Summary[] }).data;
}

test("the context names the run's workflow, version, trigger and owner, and its trace", async () => {
  const workflow = await workflowOf(server, [nodeStep("c", `return [steps.trigger.context, $.context];`)]);
  const run = await runToEnd(workflow);
  const [trigger, own] = (run.steps[0]?.return_value ?? []) as Record<string, unknown>[];
  for (const context of [trigger, own]) {
    assert.equal(context?.["workflow_id"], workflow.id);
    assert.equal(context["deployment_id"], workflow.data.deployment_id);
    assert.equal(context["owner_id"], server.orgId);
    assert.equal(context["replay"], false);
    assert.equal(context["trace_id"], run.trace_id);
    assert.match(String(context["id"]), /^[0-9A-Za-z]{27}$/);
    assert.match(String(context["ts"]), /^\d{4}-\d\d-\d\dT/);
  }
  assert.deepEqual(own?.["run"], { runs: 1 });
  assert.equal(typeof own["deadline"], "number");
});

test("what steps emit becomes events of the workflow when the run has ended, by channel", async () => {
  const workflow = await workflowOf(server, [
    nodeStep("e", `$.send.emit({ a: 1 }); $.send.emit({ b: 2 }, "other");`),
    nodeStep("f", `$.send.emit({ c: 3 });`),
  ]);
  await runToEnd(workflow);
  assert.deepEqual(
    (await eventsOf(workflow)).map(({ event }) => event),
    [{ c: 3 }, { a: 1 }],
  );
  const reply = await server.call("GET", `/workflows/${workflow.id}/event_summaries?event_name=other`);
  const [other] = (reply.body as { data: Summary[] }).data;
  assert.deepEqual(
    [other?.event, other?.metadata["name"], other?.metadata["emitter_id"]],
    [{ b: 2 }, "other", workflow.id],
  );
});

test("a subscribed workflow runs for what another emits, and not for its own endless errors", async () => {
  const speaker = await workflowOf(server, [nodeStep("say", `$.send.emit({ said: 1 }); throw new Error("too");`)]);
  const listener = await workflowOf(server, [
    nodeStep("hear", `if (steps.trigger.event.error) throw new Error("again");`),
  ]);
  for (const channel of ["", "$errors"]) {
    const query = `emitter_id=${speaker.id}&listener_id=${listener.id}&event_name=${channel}`;
    assert.ok((await server.call("POST", `/subscriptions?${query}`)).status < 300);
  }
  const own = `emitter_id=${listener.id}&listener_id=${listener.id}&event_name=$errors`;
  assert.ok((await server.call("POST", `/subscriptions?${own}`)).status < 300);
  await runToEnd(speaker);
  const runs = await runsOf(listener, 2);
  const ended = await Promise.all(runs.map((run) => runIn(server, String(run["id"]), "success", "error")));
  assert.deepEqual(ended.map(({ status }) => status).toSorted(), ["error", "success"]);
  assert.equal((await eventsOf(listener, "$errors/")).length, 1);
  assert.equal((await runsOf(listener, 2)).length, 2);
});

test("a disabled step is passed over", async () => {
  const workflow = await workflowOf(server, [
    nodeStep("off", `throw new Error("no");`, { disabled: true }),
    nodeStep("on", `return 2;`),
  ]);
  const run = await runToEnd(workflow);
  assert.equal(run.status, "success");
  assert.deepEqual(
    run.steps.map(({ namespace, status }) => [namespace, status]),
    [
      ["off", "skipped"],
      ["on", "success"],
    ],
  );
});

test("exit ends the run well after its step", async () => {
  const workflow = await workflowOf(server, [
    nodeStep("x", `$.flow.exit("enough"); return "still";`),
    nodeStep("never", ``),
  ]);
  const run = await runToEnd(workflow);
  assert.deepEqual([run.status, returned(run)], ["success", { x: "still" }]);
});
