import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Instance, removeDataDir, type ApiCaller } from "../packages/server/testing/instance/index.ts";
import { bareHttpPerSecond, fdatasyncPerSecond } from "./pipeline/machine-limits.ts";
import { measureCalls } from "./runner.ts";

/** A real server with its own durable database, for one benchmark. */
export interface BenchServer extends AsyncDisposable {
  readonly url: string;
  readonly api: ApiCaller;
  readonly dataDir: string;
  /** Resident memory of the server process. */
  residentMb(): Promise<number>;
}

export async function startBenchServer(env: Readonly<Record<string, string>> = {}): Promise<BenchServer> {
  const dataDir = await mkdtemp(join(process.env["BENCH_DIR"] ?? tmpdir(), "millrace-bench-"));
  const instance = await Instance.start({ dataDir, env: { MILLRACE_LOG_LEVEL: "error", ...env } });
  return {
    url: instance.url,
    api: await instance.caller(),
    dataDir,
    async residentMb() {
      const status = await readFile(`/proc/${instance.pid}/status`, "utf8");
      return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
    },
    async [Symbol.asyncDispose]() {
      await instance.stop();
      await removeDataDir(dataDir);
    },
  };
}

/** What this machine can do at best, next to which a measurement means something. */
export interface MachineLimits {
  readonly fdatasyncsPerSecond: number;
  /** Of bare node:http, client and server in one process. */
  readonly requestsPerSecond: number;
  /** Into a sandbox, one after the other: without database and HTTP. */
  readonly callMs: number;
  readonly callsPerSecond: number;
}

export async function measureLimits(): Promise<MachineLimits> {
  const fdatasyncsPerSecond = Math.round(fdatasyncPerSecond(process.env["BENCH_DIR"] ?? tmpdir()));
  const requestsPerSecond = Math.round(await bareHttpPerSecond());
  const limits = { fdatasyncsPerSecond, requestsPerSecond, ...(await measureCalls()) };
  console.table({ "this machine": limits });
  return limits;
}

/** A Node step with the body of its `run({ steps, $ })`. */
export function nodeStep(namespace: string, body: string): object {
  return { namespace, code: `export default defineComponent({ async run({ steps, $ }) { ${body} } })` };
}

export interface ShownRun {
  readonly status: string;
  readonly started_at_ms: number;
  readonly ended_at_ms: number;
  readonly steps: readonly { readonly namespace: string; readonly return_value: unknown }[];
}

/** Waits for the end of a run, which must be a good one. */
export async function endOf(api: ApiCaller, runId: string): Promise<ShownRun> {
  for (;;) {
    const run = await api.data<ShownRun>("GET", `/runs/${runId}`);
    if (run.status === "success") return run;
    if (run.status === "error") throw new Error(JSON.stringify(run));
    await delay(10);
  }
}

/** The middle of the times of some rounds. */
export async function medianOf(rounds: number, round: () => Promise<number>): Promise<number> {
  const times: number[] = [];
  for (let index = 0; index < rounds; index++) times.push(await round());
  return times.toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN;
}

/** Does `work` for each number below `count`, so many at a time. */
export async function inParallel(
  { count, concurrency }: { count: number; concurrency: number },
  work: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}

/** With two digits behind the point. */
export function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
