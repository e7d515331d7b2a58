import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Instance, LOOPBACK_ALLOWED, removeDataDir } from "../packages/server/testing/instance/index.ts";
import { fdatasyncPerSecond } from "./pipeline/machine-limits.ts";
import { measureRunner } from "./runner.ts";
import { load, type Load } from "./load.ts";

/**
 * HTTP source → emit → webhook: how many requests a second are taken in (durably, before they are answered), and how
 * many of their events reach a receiver, with what this machine can do at most beside it.
 */

const SECONDS = Number(process.env["SECONDS"] ?? 8);
const CONNECTIONS = 32;
const DRAIN_LIMIT_MS = 120_000;
const CLOCK_TICKS_PER_SECOND = 100;
const BODY = JSON.stringify({ name: "x".repeat(180), n: 1 });
const CODE = `export default { name: "Bench", props: { http: "$.interface.http" },
  run(event) { this.$emit({ name: event.body.name, n: event.body.n + 1 }, { summary: "event" }); } };`;

interface Receiver {
  readonly url: string;
  readonly count: number;
  close(): void;
}

async function startReceiver(): Promise<Receiver> {
  let count = 0;
  const server: Server = createServer((request, response) => {
    request.resume().on("end", () => {
      count++;
      response.end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/`,
    get count() {
      return count;
    },
    close: () => server.close().closeAllConnections(),
  };
}

function postTo(url: string, options: { seconds: number; connections: number }): Promise<Load> {
  return load({ url, method: "POST", headers: { "content-type": "application/json" }, body: BODY }, options);
}

/** CPU milliseconds so far of the server and of its database. */
function cpuMs(instance: Instance): Record<"server" | "database", number> {
  const used = { server: 0, database: 0 };
  for (const pid of [instance.pid, ...instance.databasePids()]) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      const ms = ((Number(fields[11]) + Number(fields[12])) * 1000) / CLOCK_TICKS_PER_SECOND;
      used[pid === instance.pid ? "server" : "database"] += ms;
    } catch {
      continue;
    }
  }
  return used;
}

async function deployPipeline(instance: Instance, receiverUrl: string): Promise<string> {
  const api = await instance.caller();
  const source = await api.call("POST", "/sources", { component_code: CODE });
  const { data } = source.body as { data: { id: string; configured_props: { http: { endpoint_url: string } } } };
  const webhook = await api.call("POST", "/webhooks", { url: receiverUrl, name: "bench", description: "bench" });
  const { id } = (webhook.body as { data: { id: string } }).data;
  await api.call("POST", "/subscriptions", { emitter_id: data.id, listener_id: id });
  return data.configured_props.http.endpoint_url;
}

async function waitForAll(receiver: Receiver, expected: number): Promise<void> {
  const endMs = Date.now() + DRAIN_LIMIT_MS;
  while (receiver.count < expected && Date.now() < endMs) await new Promise((resolve) => setTimeout(resolve, 5));
}

async function measure(instance: Instance, options: { endpoint: string; receiver: Receiver; connections: number }) {
  const { endpoint, receiver, connections } = options;
  const [before, startedMs, received] = [cpuMs(instance), performance.now(), receiver.count];
  const result = await postTo(endpoint, { seconds: SECONDS, connections });
  await waitForAll(receiver, received + result.accepted);
  const elapsedMs = performance.now() - startedMs;
  const after = cpuMs(instance);
  const events = receiver.count - received;
  const cpu = (kind: keyof typeof after): string =>
    `${kind} ${Math.round(((after[kind] - before[kind]) * 1000) / events)}`;
  console.log(
    `c=${connections}: ${result.perSecond.toFixed(0)} req/s (p50 ${result.p50Ms} ms, p99 ${result.p99Ms} ms), ` +
      `${result.accepted} accepted, ${result.refused} refused; ${((events * 1000) / elapsedMs).toFixed(0)} events/s at the receiver, ` +
      `${events} in all; CPU µs per event: ${cpu("server")}, ${cpu("database")}`,
  );
  return result;
}

async function main(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), "millrace-bench-"));
  const receiver = await startReceiver();
  const env = { ...LOOPBACK_ALLOWED, MILLRACE_ENDPOINT_RATE_LIMIT: "1000000", MILLRACE_LOG_LEVEL: "error" };
  const instance = await Instance.start({ dataDir, env });
  try {
    const endpoint = await deployPipeline(instance, receiver.url);
    const warmUp = await postTo(endpoint, { seconds: 3, connections: CONNECTIONS });
    await waitForAll(receiver, warmUp.accepted);
    await measure(instance, { endpoint, receiver, connections: 1 });
    const flatOut = await measure(instance, { endpoint, receiver, connections: CONNECTIONS });
    await instance.stop();
    const bare = await postTo(receiver.url, { seconds: 3, connections: CONNECTIONS });
    const raw = await measureRunner();
    console.log(
      `limits of this machine: bare node:http ${bare.perSecond.toFixed(0)} req/s (ratio ${(flatOut.perSecond / bare.perSecond).toFixed(2)}), ` +
        `raw runner calls ${raw.callsPerSecond.toFixed(0)}/s in tier ${raw.tier} (ratio ${(flatOut.perSecond / raw.callsPerSecond).toFixed(2)}), ` +
        `fdatasync ${fdatasyncPerSecond(tmpdir()).toFixed(0)}/s`,
    );
  } finally {
    instance.killTree();
    receiver.close();
    await removeDataDir(dataDir);
    await rm(dataDir, { recursive: true, force: true });
  }
}

await main();
