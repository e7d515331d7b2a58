import { setTimeout as delay } from "node:timers/promises";
import type { ApiCaller } from "../packages/server/testing/instance/index.ts";
import {
  endOf,
  measureLimits,
  medianOf,
  nodeStep,
  rounded,
  startBenchServer,
  type ShownRun,
} from "./workflow-bench.ts";

const SEQUENTIAL = 40;
const PARALLEL = 400;
const ROUNDS = 5;
const EXPORT_CHARACTERS = 100_000;
const TARGETS_MS = { sequential: 200, parallel: 500 };

/** Milliseconds of a run of many small steps, by its own times. */
async function sequential(api: ApiCaller, workflowId: string): Promise<number> {
  const { id } = await api.data<{ id: string }>("POST", `/workflows/${workflowId}/runs`, { event: {} });
  const run = await endOf(api, id);
  return run.ended_at_ms - run.started_at_ms;
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
  const limits = await measureLimits();
  await using server = await startBenchServer();
  const { api } = server;
  const make = async (body: (index: number) => string, count: number): Promise<string> => {
    const steps = Array.from({ length: count }, (_, index) => nodeStep(`s${index}`, body(index)));
    return (await api.data<{ id: string }>("POST", "/workflows", { steps })).id;
  };
  const chain = await make((index) => `return ${index};`, SEQUENTIAL);
  const large = await make(() => `return "x".repeat(${EXPORT_CHARACTERS});`, SEQUENTIAL);
  const single = await make(() => "return 1;", 1);
  for (const id of [chain, large]) await sequential(api, id);
  await parallel(api, single);
  const chainMs = await medianOf(ROUNDS, () => sequential(api, chain));
  const largeMs = await medianOf(ROUNDS, () => sequential(api, large));
  const manyMs = await medianOf(ROUNDS, () => parallel(api, single));
  // Each step is a call into the sandbox and a commit; each run by itself is a request, a call and its share of commits.
  const chainLimitMs = SEQUENTIAL * (limits.callMs + 1_000 / limits.fdatasyncsPerSecond);
  const manyLimitMs = PARALLEL * (1_000 / limits.requestsPerSecond + 1_000 / limits.callsPerSecond);
  console.table({
    [`${SEQUENTIAL} sequential steps`]: {
      ms: chainMs,
      ofTarget: rounded(chainMs / TARGETS_MS.sequential),
      timesLimit: rounded(chainMs / chainLimitMs),
    },
    [`… which export ${EXPORT_CHARACTERS} characters each`]: {
      ms: largeMs,
      timesLimit: rounded(largeMs / chainLimitMs),
    },
    [`${PARALLEL} runs of one step at once`]: {
      ms: manyMs,
      ofTarget: rounded(manyMs / TARGETS_MS.parallel),
      timesLimit: rounded(manyMs / manyLimitMs),
    },
  });
}

await main();
