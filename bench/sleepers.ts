// A server with many suspended runs: what they cost while they sleep, and how late those come whose time comes at once.
// Usage: node_modules/.bin/node bench/sleepers.ts [runs]

import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import {
  endOf,
  inParallel,
  measureLimits,
  nodeStep,
  rounded,
  startBenchServer,
  type BenchServer,
} from "./workflow-bench.ts";

const [sleepersText = "100000"] = process.argv.slice(2);
const SLEEPERS = Number(sleepersText);
const WAKERS = 1_000;
const SPREAD_MS = 10_000;
const HEAD_START_MS = 8_000;
const CONCURRENCY = 64;
const DAY_MS = 86_400_000;
const SETTLE_MS = 5_000;

/** Sizes of the files of a directory, in MB. */
async function sizeMb(dir: string): Promise<number> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => (await stat(join(entry.parentPath, entry.name)).catch(() => null))?.size ?? 0),
  );
  return Math.round(sizes.reduce((sum, size) => sum + size, 0) / 1024 / 1024);
}

interface Standing {
  residentMb: number;
  databaseMb: number;
}

async function standing(server: BenchServer): Promise<Standing> {
  await delay(SETTLE_MS);
  return {
    residentMb: await server.residentMb(),
    databaseMb: await sizeMb(join(server.dataDir, "postgres", "cluster", "base")),
  };
}

async function start({ api }: BenchServer, workflowId: string, event: object): Promise<string> {
  return (await api.data<{ id: string }>("POST", `/workflows/${workflowId}/runs`, { event })).id;
}

/** How late the steps after a delay begin, for runs whose times come as `dueOf` says; sorted. */
async function lateness(server: BenchServer, workflowId: string, dueOf: (index: number) => number): Promise<number[]> {
  const ids: string[] = [];
  await inParallel({ count: WAKERS, concurrency: CONCURRENCY }, async (index) => {
    ids.push(await start(server, workflowId, { due: dueOf(index) }));
  });
  const latest = Math.max(...Array.from({ length: WAKERS }, (_, index) => dueOf(index)));
  await delay(Math.max(0, latest + SETTLE_MS - Date.now()));
  const lateMs: number[] = [];
  await inParallel({ count: WAKERS, concurrency: 8 }, async (index) => {
    const run = await endOf(server.api, ids[index] ?? "");
    lateMs.push(Number(run.steps.at(-1)?.return_value));
  });
  return lateMs.toSorted((a, b) => a - b);
}

function shares(sorted: readonly number[], limitMs: number): object {
  const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
  return { p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1), maxTimesLimit: rounded(at(1) / limitMs) };
}

async function main(): Promise<void> {
  const limits = await measureLimits();
  await using server = await startBenchServer({ MILLRACE_API_RATE_LIMIT: "1000000" });
  const create = async (steps: object[]): Promise<string> =>
    (await server.api.data<{ id: string }>("POST", "/workflows", { steps })).id;
  const suspends = await create([
    nodeStep("ask", `$.flow.suspend(${30 * DAY_MS}); return "x".repeat(100);`),
    nodeStep("never", ""),
  ]);
  const delays = await create([
    nodeStep("wait", `$.flow.delay(Math.max(1, steps.trigger.event.due - Date.now()));`),
    nodeStep("late", `return Date.now() - steps.trigger.event.due;`),
  ]);
  await inParallel({ count: 2_000, concurrency: CONCURRENCY }, () => start(server, suspends, {}));
  const before = await standing(server);
  const startedAtMs = performance.now();
  await inParallel({ count: SLEEPERS, concurrency: CONCURRENCY }, () => start(server, suspends, {}));
  const perSecond = Math.round((SLEEPERS * 1_000) / (performance.now() - startedAtMs));
  const after = await standing(server);
  console.table({ before, after });
  console.table({
    [`${SLEEPERS} suspended runs`]: {
      suspendedPerSecond: perSecond,
      serverBytesEach: Math.round(((after.residentMb - before.residentMb) * 1024 * 1024) / SLEEPERS),
      databaseBytesEach: Math.round(((after.databaseMb - before.databaseMb) * 1024 * 1024) / SLEEPERS),
    },
  });
  const at = Date.now() + HEAD_START_MS;
  const together = await lateness(server, delays, () => at);
  const from = Date.now() + HEAD_START_MS;
  const spread = await lateness(server, delays, (index) => from + Math.floor((index * SPREAD_MS) / WAKERS));
  // What wakes at once waits for its turn in the sandbox.
  const limitMs = (WAKERS * 1_000) / limits.callsPerSecond;
  console.table({
    [`${WAKERS} wake at once`]: shares(together, limitMs),
    [`${WAKERS} wake within ${SPREAD_MS / 1_000} s`]: shares(
      spread,
      limits.callMs + 1_000 / limits.fdatasyncsPerSecond,
    ),
  });
}

await main();
