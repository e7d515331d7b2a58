// Append -> deliver to a listener that does nothing -> record its run, durably, on the embedded PostgreSQL.
// Usage: node_modules/.bin/node bench/pipeline/index.ts [events] [producers]

import { tmpdir } from "node:os";
import { ownCpuUs, serverCpuUs } from "./cpu-time.ts";
import { bareHttpPerSecond, fdatasyncPerSecond } from "./machine-limits.ts";
import { Pipeline } from "./pipeline.ts";

const [eventsText = "40000", producersText = "32"] = process.argv.slice(2);
const LOW_RATE_PER_SECOND = 50;
const LOW_RATE_MS = 6_000;

function percentile(sorted: readonly number[], share: number): string {
  return `${(sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(2)} ms`;
}

interface Measured {
  perSecond: number;
  ownUs: number;
  serverUs: number;
  latenciesMs: number[];
}

async function flatOut(
  pipeline: Pipeline,
  { events, producers }: { events: number; producers: number },
): Promise<Measured> {
  const latenciesMs: number[] = [];
  const before = { ownUs: ownCpuUs(), serverUs: serverCpuUs(pipeline.postmasterPid), delivered: pipeline.delivered };
  const startedMs = performance.now();
  let left = events;
  const produce = async (): Promise<void> => {
    while (left-- > 0) {
      const sentMs = performance.now();
      await pipeline.append();
      latenciesMs.push(performance.now() - sentMs);
    }
  };
  await Promise.all(Array.from({ length: producers }, produce));
  await pipeline.settled(before.delivered + events);
  const elapsedMs = performance.now() - startedMs;
  return {
    perSecond: (events * 1000) / elapsedMs,
    ownUs: (ownCpuUs() - before.ownUs) / events,
    serverUs: (serverCpuUs(pipeline.postmasterPid) - before.serverUs) / events,
    latenciesMs: latenciesMs.toSorted((left, right) => left - right),
  };
}

async function atLowRate(pipeline: Pipeline): Promise<number[]> {
  const latenciesMs: number[] = [];
  const sent: Promise<void>[] = [];
  const startedMs = performance.now();
  for (let n = 0; n < (LOW_RATE_PER_SECOND * LOW_RATE_MS) / 1000; n++) {
    const atMs = startedMs + (n * 1000) / LOW_RATE_PER_SECOND;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, atMs - performance.now())));
    const sentMs = performance.now();
    sent.push(pipeline.append().then(() => void latenciesMs.push(performance.now() - sentMs)));
  }
  await Promise.all(sent);
  return latenciesMs.toSorted((left, right) => left - right);
}

async function report(): Promise<void> {
  const [fdatasyncs, http] = [fdatasyncPerSecond(process.env["BENCH_DIR"] ?? tmpdir()), await bareHttpPerSecond()];
  await using pipeline = await Pipeline.open();
  const producers = Number(producersText);
  await flatOut(pipeline, { events: 5_000, producers });
  const fast = await flatOut(pipeline, { events: Number(eventsText), producers });
  const slow = await atLowRate(pipeline);
  const rows: [string, string][] = [
    [`flat out, ${producers} producers, 1 KB events`, `${Math.round(fast.perSecond)} events/s (target >= 8000)`],
    [
      "CPU per event",
      `${(fast.ownUs + fast.serverUs).toFixed(1)} µs (target <= 100): node ${fast.ownUs.toFixed(1)}, PostgreSQL ${fast.serverUs.toFixed(1)}`,
    ],
    ["durable after, flat out", `p50 ${percentile(fast.latenciesMs, 0.5)}, p99 ${percentile(fast.latenciesMs, 0.99)}`],
    [`durable after, ${LOW_RATE_PER_SECOND}/s`, `p50 ${percentile(slow, 0.5)}, p99 ${percentile(slow, 0.99)}`],
    [
      "fdatasync of this disk",
      `${Math.round(fdatasyncs)}/s; events per fdatasync: ${(fast.perSecond / fdatasyncs).toFixed(2)}`,
    ],
    [
      "bare node:http, client and server in one process",
      `${Math.round(http)} requests/s; events per request: ${(fast.perSecond / http).toFixed(2)}`,
    ],
  ];
  for (const [name, value] of rows) console.log(`${name.padEnd(50)} ${value}`);
}

await report();
