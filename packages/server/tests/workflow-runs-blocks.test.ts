import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  nodeStep,
  returned,
  runIn,
  runToEnd,
  startRun,
  workflowOf,
  type TestWorkflowRun,
} from "../testing/test-runs.ts";
import { startTestServer, type TestServer } from "../testing/test-server.ts";

let server: TestServer;
before(async () => (server = await startTestServer()));
after(() => server.close());

const ifBlock = (block: object, steps: object[]): object => ({ ...block, steps });

const namesOf = (run: TestWorkflowRun): string[] => run.steps.map(({ namespace }) => namespace);

test("if and switch run the first branch that holds, and then their otherwise; the block has the branch's last value", async () => {
  const workflow = await workflowOf(server, [
    ifBlock(
      {
        type: "if",
        namespace: "sign",
        condition: "{{ steps.trigger.event.n < 0 }}",
        else: [nodeStep("pos", `return "positive";`)],
      },
      [nodeStep("neg", `return "negative";`)],
    ),
    {
      type: "switch",
      namespace: "size",
      cases: [
        { slug: "small", condition: "{{ steps.trigger.event.n < 10 }}", steps: [nodeStep("small", `return "small";`)] },
        {
          slug: "middle",
          condition: "{{ steps.trigger.event.n < 100 }}",
          steps: [nodeStep("middle", `return "middle";`)],
        },
      ],
    },
    nodeStep("last", `return [steps.sign.$return_value, steps.size?.$return_value ?? null, Object.keys(steps)];`),
  ]);
  const runs = await Promise.all([-1, 50, 1000].map((n) => runToEnd(workflow, { n })));
  assert.deepEqual(
    runs.map((run) => (returned(run)["last"] as unknown[]).slice(0, 2)),
    [
      ["negative", "small"],
      ["positive", "middle"],
      ["positive", null],
    ],
  );
  assert.deepEqual((returned(runs[0] as TestWorkflowRun)["last"] as unknown[])[2], ["trigger", "sign", "size"]);
});

test("parallel runs all branches that hold, and shows the last value of each", async () => {
  const workflow = await workflowOf(server, [
    {
      type: "parallel",
      namespace: "both",
      branches: [
        { slug: "a", steps: [nodeStep("a1", `return 1;`), nodeStep("a2", `return steps.a1.$return_value + 1;`)] },
        { slug: "b", steps: [nodeStep("b1", `return Object.keys(steps);`)] },
        { slug: "c", condition: "{{ false }}", steps: [nodeStep("c1", ``)] },
      ],
    },
    nodeStep("last", `return steps.both.$return_value;`),
  ]);
  const run = await runToEnd(workflow);
  assert.deepEqual(returned(run)["last"], { a: 2, b: ["trigger"] });
  assert.ok(!namesOf(run).includes("c1"));
});

test("a loop runs its steps for each item in order, and a pause in it goes on where it was", async () => {
  const workflow = await workflowOf(server, [
    {
      type: "loop",
      namespace: "each",
      over: "{{ steps.trigger.event.items }}",
      steps: [
        nodeStep("one", `const { item, index } = steps.each; if (index === 1) $.flow.delay(50); return [index, item];`),
      ],
    },
    nodeStep("last", `return steps.each.$return_value;`),
  ]);
  const run = await runToEnd(workflow, { items: ["x", "y", "z"] });
  assert.deepEqual(returned(run)["last"], [
    [0, "x"],
    [1, "y"],
    [2, "z"],
  ]);
  assert.deepEqual(
    run.steps.filter(({ namespace }) => namespace === "one").map(({ index }) => index),
    [[0], [1], [2]],
  );
  const wrong = await runToEnd(workflow, { items: 5 });
  assert.deepEqual([wrong.status, wrong.error?.step], ["error", "each"]);
});

test("branches that wait do not stop the others, and the run goes on when all have ended", async () => {
  const pause = (ms: number): string => `$.flow.delay(${ms}); return ${ms};`;
  const workflow = await workflowOf(server, [
    {
      type: "parallel",
      namespace: "p",
      branches: [
        { slug: "a", steps: [nodeStep("a1", pause(100)), nodeStep("a2", `return "a";`)] },
        { slug: "b", steps: [nodeStep("b1", pause(250)), nodeStep("b2", `return "b";`)] },
        { slug: "c", steps: [nodeStep("c1", `return "c";`)] },
      ],
    },
    nodeStep("last", `return steps.p.$return_value;`),
  ]);
  const runId = await startRun(workflow);
  const waiting = await runIn(server, runId, "paused");
  assert.ok(waiting.waits.length >= 1);
  const run = await runIn(server, runId, "success", "error");
  assert.deepEqual(returned(run)["last"], { a: "a", b: "b", c: "c" });
  assert.ok(run.steps.every(({ attempts }) => attempts === 1));
});

test("end ends the run well, also inside a block", async () => {
  const workflow = await workflowOf(server, [
    ifBlock({ type: "if", namespace: "stop", condition: "{{ true }}" }, [
      { type: "end", namespace: "fin", reason: "enough" },
    ]),
    nodeStep("never", ``),
  ]);
  const run = await runToEnd(workflow);
  assert.deepEqual([run.status, namesOf(run)], ["success", ["fin"]]);
});
