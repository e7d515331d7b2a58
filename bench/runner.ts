import { mkdtemp, chmod, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RunnerHost, type Deployment, type RunInvocation } from "@millrace/runner";
import { median, timed } from "./timing.ts";

/** What the sandbox alone can do on this machine: the limit for everything that runs code. */
export interface RunnerMeasurement {
  readonly tier: string;
  /** Invocations a second with 32 at a time. */
  readonly callsPerSecond: number;
  /** CPU of the parent for one invocation. */
  readonly parentMicrosPerCall: number;
  /** Median latency with one at a time. */
  readonly latencyMs: number;
  /** From a new deployment to its first answer, with a blank sandbox waiting. */
  readonly warmDeployMs: number;
  /** From nothing to the first answer. */
  readonly startMs: number;
}

const CALLS = 30_000;
const LIMIT_CALLS = 10_000;
const CONCURRENCY = 32;
const WARM_UP_CALLS = 2_000;
const LATENCY_CALLS = 500;
const DEPLOYS = 9;
const CODE = `export default { key: "bench", name: "Bench", version: "0.0.1", type: "source",
  run(event) { console.log("seen"); this.$emit(event, { id: event.id, summary: "event" }); return true; } };`;
const EVENT = JSON.stringify({ id: 1, method: "POST", path: "/", body: { name: "x".repeat(150) } });

const deployment = (id: string): Deployment => ({
  ...{ id, orgId: "o_bench", bundle: { code: CODE, dependencyDir: null }, memoryMb: 256, env: {} },
});
const invocation = (id: number): RunInvocation => ({
  ...{ kind: "run", id: `run_${id}`, props: {}, auths: {}, endpoints: {}, db: {}, timeoutMs: 30_000, event: EVENT },
});

async function callMany(host: RunnerHost, target: Deployment, count: number): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const { error } = await host.invoke(target, invocation(next++));
      if (error !== null) throw new Error(error.message);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
}

async function measureDeploys(host: RunnerHost): Promise<number> {
  const times: number[] = [];
  for (let count = 0; count < DEPLOYS; count++) {
    // Only deployments that find a blank waiting are asked for here.
    while (host.stats().blanks < 2) await new Promise((resolve) => setTimeout(resolve, 50));
    await new Promise((resolve) => setTimeout(resolve, 200));
    times.push(await timed(() => host.invoke(deployment(`deploy_${count}`), invocation(count))));
  }
  return median(times);
}

async function measureHost(host: RunnerHost, startMs: number): Promise<RunnerMeasurement> {
  const target = deployment("calls");
  await callMany(host, target, WARM_UP_CALLS);
  const cpuBefore = process.cpuUsage();
  const elapsedMs = await timed(() => callMany(host, target, CALLS));
  const { user, system } = process.cpuUsage(cpuBefore);
  const latencyMs = await alone(host, target);
  return {
    tier: host.tier.tier,
    callsPerSecond: Math.round((CALLS / elapsedMs) * 1000),
    parentMicrosPerCall: (user + system) / CALLS,
    latencyMs,
    warmDeployMs: await measureDeploys(host),
    startMs,
  };
}

async function withHost<T>(measure: (host: RunnerHost, startMs: number) => Promise<T>): Promise<T> {
  const workDir = await mkdtemp(join(tmpdir(), "bench-runner-"));
  await chmod(workDir, 0o711);
  const startedAtMs = performance.now();
  const host = await RunnerHost.start({ workDir, nodePath: process.execPath, egress: { allow: [] } });
  try {
    await host.invoke(deployment("first"), invocation(0));
    return await measure(host, performance.now() - startedAtMs);
  } finally {
    await host.stop();
    await rm(workDir, { recursive: true, force: true });
  }
}

/** Measures calls of a trivial source in a sandbox, without database and HTTP. Takes about five seconds. */
export function measureRunner(): Promise<RunnerMeasurement> {
  return withHost(measureHost);
}

/** The limit for what other benchmarks measure: calls of a trivial source, one at a time and many. */
export function measureCalls(): Promise<{ callMs: number; callsPerSecond: number }> {
  return withHost(async (host) => {
    const target = deployment("calls");
    await callMany(host, target, WARM_UP_CALLS);
    const elapsedMs = await timed(() => callMany(host, target, LIMIT_CALLS));
    const callMs = await alone(host, target);
    return { callMs, callsPerSecond: Math.round((LIMIT_CALLS / elapsedMs) * 1000) };
  });
}

async function alone(host: RunnerHost, target: Deployment): Promise<number> {
  const latencies: number[] = [];
  for (let count = 0; count < LATENCY_CALLS; count++) {
    latencies.push(await timed(() => host.invoke(target, invocation(count))));
  }
  return median(latencies);
}

if (import.meta.main) console.table([await measureRunner()]);
