import assert from "node:assert/strict";
import { test } from "node:test";
import { queryObjects } from "node:v8";
import { nodeStep, runIn, startRun, workflowOf } from "../testing/test-runs.ts";
import { startTestServer } from "../testing/test-server.ts";

const RUNS = 100;

/** How many live objects of a class there are, after a collection of garbage. */
const alive = (constructor: Function): number => queryObjects(constructor, { format: "count" });

test("runs that have ended or sleep leave nothing in the server's memory", async () => {
  await using server = await startTestServer();
  const workflow = await workflowOf(server, [
    nodeStep("a", `return 1;`),
    nodeStep("b", `if (steps.trigger.event.sleeps) $.flow.suspend(600000);`),
  ]);
  const round = async (): Promise<void> => {
    const ids = await Promise.all(
      Array.from({ length: RUNS }, (_, index) => startRun(workflow, { sleeps: index % 2 === 0 })),
    );
    await Promise.all(ids.map((id) => runIn(server, id, "success", "paused")));
  };
  await round();
  const before = alive(AbortSignal);
  await round();
  await round();
  const after = alive(AbortSignal);
  assert.ok(after - before < RUNS, `${after - before} signals stay after ${2 * RUNS} runs`);
});
