import { measureLimits, nodeStep, rounded, startBenchServer, type BenchServer } from "./workflow-bench.ts";

const REQUESTS = 2_000;
const CONCURRENCY = 16;
const ALONE = 200;

interface Measured {
  readonly perSecond: number;
  readonly medianMs: number;
  readonly p99Ms: number;
}

interface Created {
  readonly triggers: readonly { readonly endpoint_url: string }[];
}

/** The address of a new workflow's endpoint. */
async function endpointOf(server: BenchServer, how: { body: string; answers: boolean }): Promise<string> {
  const { triggers } = await server.api.data<Created>("POST", "/workflows", {
    steps: [nodeStep("work", how.body)],
    triggers: [{ type: "http", props: { custom_response: how.answers } }],
  });
  return server.url + new URL(triggers[0]?.endpoint_url ?? "").pathname;
}

/** Requests to a workflow with one Node step: with an answer of its own, and with the default answer. */
async function main(): Promise<void> {
  const limits = await measureLimits();
  await using server = await startBenchServer({ MILLRACE_ENDPOINT_RATE_LIMIT: "1000000" });
  const answering = {
    body: `await $.respond({ status: 200, body: { n: steps.trigger.event.body.n } });`,
    answers: true,
  };
  const silent = { body: `return steps.trigger.event.body.n;`, answers: false };
  const table: Record<string, object> = {};
  for (const [name, how] of Object.entries({ "own answer": answering, "default answer": silent })) {
    const url = await endpointOf(server, how);
    await load(url, { requests: 300, concurrency: CONCURRENCY });
    const alone = await load(url, { requests: ALONE, concurrency: 1 });
    const busy = await load(url, { requests: REQUESTS, concurrency: CONCURRENCY });
    table[name] = {
      lowLoadP50Ms: rounded(alone.medianMs),
      lowLoadP99Ms: rounded(alone.p99Ms),
      perSecond: Math.round(busy.perSecond),
      p50Ms: rounded(busy.medianMs),
      p99Ms: rounded(busy.p99Ms),
      perBareRequest: rounded(busy.perSecond / limits.requestsPerSecond),
      perSandboxCall: rounded(busy.perSecond / limits.callsPerSecond),
      perFdatasync: rounded(busy.perSecond / limits.fdatasyncsPerSecond),
    };
  }
  console.table(table);
}

async function load(url: string, how: { requests: number; concurrency: number }): Promise<Measured> {
  const times: number[] = [];
  const startedAtMs = performance.now();
  let left = how.requests;
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const sentAtMs = performance.now();
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: `{"n":${left}}`,
      });
      await response.arrayBuffer();
      if (response.status !== 200) throw new Error(`answered ${response.status}`);
      times.push(performance.now() - sentAtMs);
    }
  };
  await Promise.all(Array.from({ length: how.concurrency }, worker));
  const perSecond = (how.requests / (performance.now() - startedAtMs)) * 1000;
  times.sort((a, b) => a - b);
  const at = (share: number): number =>
    times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;
  return { perSecond, medianMs: at(0.5), p99Ms: at(0.99) };
}

await main();
