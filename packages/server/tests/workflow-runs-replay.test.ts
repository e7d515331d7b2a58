import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { nodeStep, returned, runIn, runToEnd, startRun, workflowOf, getRun } from "../testing/test-runs.ts";
import { startTestServer, type TestServer } from "../testing/test-server.ts";

let server: TestServer;
before(async () => (server = await startTestServer()));
after(() => server.close());

async function replay(runId: string, body: object = {}): Promise<string> {
  const reply = await server.call("POST", `/runs/${runId}/replay`, body);
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  return (reply.body as { data: { id: string } }).data.id;
}

test("a replay runs the newest version with the old event, and can be replayed itself", async () => {
  const workflow = await workflowOf(server, [
    nodeStep("a", `return ["old", steps.trigger.event.n, steps.trigger.context.replay];`),
  ]);
  const first = await runToEnd(workflow, { n: 7 });
  assert.deepEqual(returned(first), { a: ["old", 7, false] });
  await workflow.put({
    steps: [nodeStep("a", `return ["new", steps.trigger.event.n, steps.trigger.context.replay];`)],
  });
  const second = await runIn(server, await replay(first.id), "success");
  assert.deepEqual(returned(second), { a: ["new", 7, true] });
  const third = await runIn(server, await replay(second.id), "success");
  assert.deepEqual(
    [returned(third), third.replay_of, third.trace_id],
    [{ a: ["new", 7, true] }, second.id, first.trace_id],
  );
  assert.deepEqual(third.trigger.event, { n: 7 });
});

test("a replay from a step keeps the results before it", async () => {
  const workflow = await workflowOf(server, [
    nodeStep("a", `$.send.emit({ once: 1 }); return Math.random();`),
    nodeStep("b", `return [steps.a.$return_value, Math.random()];`),
  ]);
  const first = await runToEnd(workflow);
  const second = await runIn(server, await replay(first.id, { from_step: "b" }), "success");
  const [old, fresh] = [returned(first), returned(second)] as Record<string, unknown>[];
  assert.equal(fresh?.["a"], old?.["a"]);
  const [before, after] = [old?.["b"], fresh?.["b"]] as number[][];
  assert.equal(before?.[0], after?.[0]);
  assert.notEqual(before?.[1], after?.[1]);
  const events = await server.call("GET", `/workflows/${workflow.id}/event_summaries`);
  assert.equal((events.body as { data: unknown[] }).data.length, 1);
  const unknown = await server.call("POST", `/runs/${first.id}/replay`, { from_step: "zzz" });
  assert.equal(unknown.status, 400);
});

test("runs are replayed by a filter, in their order", async () => {
  const workflow = await workflowOf(server, [
    nodeStep("a", `if (steps.trigger.event.bad) throw new Error("x"); return steps.trigger.event.n;`),
  ]);
  for (const [n, bad] of [
    [1, true],
    [2, false],
    [3, true],
  ] as const)
    await runToEnd(workflow, { n, bad });
  const reply = await server.call("POST", `/workflows/${workflow.id}/runs/replay`, { status: "error" });
  const { data } = reply.body as { data: { count: number; run_ids: string[] } };
  assert.equal(data.count, 2);
  const slip = await server.call("POST", `/workflows/${workflow.id}/runs/replay`, { state: "error" });
  assert.deepEqual(
    [slip.status, (slip.body as { details: unknown }).details],
    [400, [{ path: "state", message: "is not known here" }]],
  );
  const runs = await Promise.all(data.run_ids.map((id) => runIn(server, id, "error")));
  assert.deepEqual(
    runs.map((run) => run.trigger.event["n"]),
    [1, 3],
  );
});

test("a run goes on with its own version when the workflow is changed, and is cancelled when it is deleted", async () => {
  const steps = [nodeStep("a", `$.export("urls", $.flow.delay(600000))`), nodeStep("b", `return "old";`)];
  const workflow = await workflowOf(server, steps);
  const ids = [await startRun(workflow), await startRun(workflow)];
  const paused = await Promise.all(ids.map((id) => runIn(server, id, "paused")));
  await workflow.put({ steps: [nodeStep("a", `return 1;`)] });
  const [one] = paused;
  const { resume_url: url } = (one?.steps[0]?.exports["urls"] ?? {}) as { resume_url: string };
  await fetch(server.url + new URL(url).pathname);
  assert.equal(returned(await runIn(server, String(one?.id), "success"))["b"], "old");
  assert.equal((await server.call("DELETE", `/workflows/${workflow.id}`)).status, 204);
  const reply = await server.call("GET", `/runs/${ids[1]}`);
  assert.ok(reply.status === 404 || (await getRun(server, String(ids[1]))).status !== "running");
});
