import assert from "node:assert/strict";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { TestReceiver } from "../testing/index.ts";
import {
  type ApiCaller,
  Instance,
  LOOPBACK_ALLOWED,
  NumberedLoad,
  removeDataDir,
  SeededRandom,
  signalAll,
} from "../testing/instance/index.ts";

const KILLS = 20;
const KILLS_WHILE_STARTING = 5;
const DATABASE_OUTAGES = 2;
const SENDERS = 8;
const PAUSE_MS = 60;
const SETTLE_TIMEOUT_MS = 120_000;

const ECHO = `export default {
  name: "Numbers", version: "0.0.1", type: "source",
  props: { http: "$.interface.http" },
  async run(event) { this.$emit({ number: event.body.number }); },
};`;

/** A server under numbered load: each request becomes an event and goes to a webhook. */
interface Scene extends AsyncDisposable {
  instance: Instance;
  readonly api: ApiCaller;
  readonly sourceId: string;
  readonly load: NumberedLoad;
  readonly received: () => Map<number, number>;
}

async function setScene(settings: Record<string, string> = {}): Promise<Scene> {
  await using stack = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), "millrace-chaos-"));
  stack.defer(() => removeDataDir(dataDir));
  const receiver = stack.use(await TestReceiver.start());
  const env = { ...LOOPBACK_ALLOWED, ...settings };
  const instance = await Instance.start({ dataDir, env });
  stack.defer(async () => void (await scene.instance.stop()));
  const api = await instance.caller();
  const created = await api.data<{ id: string; configured_props: { http: { endpoint_url: string } } }>(
    "POST",
    "/sources",
    { component_code: ECHO },
  );
  await api.deliverTo(receiver.url, created.id);
  const load = new NumberedLoad({ url: reachable(created.configured_props.http.endpoint_url), pauseMs: PAUSE_MS });
  stack.defer(() => load.stop());
  load.start(SENDERS);
  const scene: Scene = {
    instance,
    api,
    sourceId: created.id,
    load,
    received: () => countNumbers(receiver.requests.map((request) => request.body)),
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
  const rest = stack.move();
  return scene;
}

/** Not every machine resolves `localhost` to the address that the server listens on first. */
function reachable(endpointUrl: string): string {
  return endpointUrl.replace("//localhost:", "//127.0.0.1:");
}

function countNumbers(bodies: readonly string[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const body of bodies) {
    const { number } = JSON.parse(body) as { number: number };
    counts.set(number, (counts.get(number) ?? 0) + 1);
  }
  return counts;
}

/** Every acknowledged number has reached the webhook, and stands in the source's event list. */
async function assertNothingIsLost(t: TestContext, scene: Scene): Promise<void> {
  await scene.load.stop();
  const { acknowledged } = scene.load;
  const missing = (): number[] => {
    const received = scene.received();
    return [...acknowledged].filter((number) => !received.has(number));
  };
  const deadline = Date.now() + SETTLE_TIMEOUT_MS;
  while (missing().length > 0 && Date.now() < deadline) await delay(100);
  const received = scene.received();
  const repeats = [...received.values()].filter((count) => count > 1).length;
  t.diagnostic(`${acknowledged.size} acknowledged, ${received.size} received, ${repeats} of them more than once`);
  t.diagnostic(`answers by status: ${JSON.stringify(Object.fromEntries(scene.load.statuses))}`);
  assert.deepEqual(missing(), [], "acknowledged, but never delivered");
  const listed = new Set((await scene.api.eventsOf<{ number: number }>(scene.sourceId)).map((event) => event.number));
  assert.deepEqual(
    [...acknowledged].filter((number) => !listed.has(number)),
    [],
    "acknowledged, but not in the event list",
  );
  assert.ok(acknowledged.size > 100, "the load was too small to prove anything");
}

test("nothing acknowledged is lost when everything is killed at random moments", async (t) => {
  const random = new SeededRandom();
  t.diagnostic(`replay with MILLRACE_TEST_SEED=${random.seed}`);
  await using scene = await setScene();
  const startsMs: number[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    await delay(random.between(50, 1_500));
    scene.instance.killTree();
    await scene.instance.exited;
    if (kill % Math.ceil(KILLS / KILLS_WHILE_STARTING) === 0) {
      const unlucky = await scene.instance.relaunch();
      await delay(random.between(0, 600));
      unlucky.killTree();
      await unlucky.exited;
    }
    const startedAtMs = performance.now();
    scene.instance = await scene.instance.restart();
    startsMs.push(Math.round(performance.now() - startedAtMs));
    await scene.load.waitForMore(200);
  }
  t.diagnostic(`starts after a kill took ${startsMs.toSorted((a, b) => a - b).join(", ")} ms`);
  await assertNothingIsLost(t, scene);
});

test("nothing acknowledged is lost when the database stops and is killed under load", async (t) => {
  await using scene = await setScene({ MILLRACE_DATABASE_QUERY_TIMEOUT_MS: "3000" });
  for (let outage = 0; outage < DATABASE_OUTAGES; outage++) {
    await scene.load.waitForMore(200, 100);
    const stopped = scene.instance.databasePids();
    signalAll(stopped, "SIGSTOP");
    await scene.load.waitForMore(503, SENDERS);
    assert.equal(await scene.instance.readiness(), 503, "readyz says that the database is away");
    signalAll(stopped, "SIGCONT");
    await scene.instance.ready();
    await scene.load.waitForMore(200, 100);
    const [postmaster] = scene.instance.databasePids();
    assert.ok(postmaster !== undefined, "the embedded database runs");
    signalAll([postmaster], "SIGKILL");
    await scene.load.waitForMore(200, 1 + SENDERS);
    await scene.instance.ready();
  }
  const odd = [...scene.load.statuses.keys()].filter((status) => status !== 200 && status !== 503);
  assert.deepEqual(odd, [], "callers get 200 or 503 and nothing else");
  await assertNothingIsLost(t, scene);
});
