import { setTimeout as delay } from "node:timers/promises";
import type { ApiCaller } from "../packages/server/testing/instance/index.ts";
import { medianOf, nodeStep, startBenchServer } from "./workflow-bench.ts";

const SEQUENTIAL = 40;
const PARALLEL = 400;
const ROUNDS = 5;
const TARGETS_MS = { sequential: 200, parallel: 500 };

interface ShownRun {
  status: string;
  started_at_ms: number;
  ended_at_ms: number;
}

/** Milliseconds of a run of many small steps, by its own times. */
async function sequential(api: ApiCaller, workflowId: string): Promise<number> {
  const { id } = await api.data<{ id: string }>("POST", `/workflows/${workflowId}/runs`, { event: {} });
  for (;;) {
    const run = await api.data<ShownRun>("GET", `/runs/${id}`);
    if (run.status === "success") return run.ended_at_ms - run.started_at_ms;
    await delay(10);
  }
}

/** Milliseconds from the first of many requests to the end of the last run. */
async function parallel(api: ApiCaller, workflowId: string): Promise<number> {
  const startedAtMs = Date.now();
  const runs = await Promise.all(
    Array.from({ length: PARALLEL }, () =>
      api.data<{ id: string }>("POST", `/workflows/${workflowId}/runs`, { event: {} }),
    ),
  );
  let endedAtMs = 0;
  for (const { id } of runs) {
    for (;;) {
      const run = await api.data<ShownRun>("GET", `/runs/${id}`);
      endedAtMs = Math.max(endedAtMs, run.ended_at_ms);
      if (run.status === "success") break;
      await delay(5);
    }
  }
  return endedAtMs - startedAtMs;
}

/** How long runs take on a real server with a durable database. */
async function main(): Promise<void> {
  await using server = await startBenchServer();
  const { api } = server;
  const make = async (steps: object[]): Promise<string> =>
    (await api.data<{ id: string }>("POST", "/workflows", { steps })).id;
  const chain = await make(Array.from({ length: SEQUENTIAL }, (_, index) => nodeStep(`s${index}`, `return ${index};`)));
  const single = await make([nodeStep("one", "return 1;")]);
  await sequential(api, chain);
  await parallel(api, single);
  const chainMs = await medianOf(ROUNDS, () => sequential(api, chain));
  const manyMs = await medianOf(ROUNDS, () => parallel(api, single));
  console.table({
    [`${SEQUENTIAL} sequential steps`]: { ms: chainMs, ofTarget: chainMs / TARGETS_MS.sequential },
    [`${PARALLEL} runs of one step at once`]: { ms: manyMs, ofTarget: manyMs / TARGETS_MS.parallel },
  });
}

await main();
