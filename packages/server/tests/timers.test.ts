import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startTestServer, type TestServer } from "../testing/test-server.ts";
import { eventually, TestSource } from "../testing/test-source.ts";

let server: TestServer;
before(async () => (server = await startTestServer()));
after(() => server.close());

interface Tick {
  timestamp: number;
  interval_seconds?: number;
  cron?: string;
  timezone_configured?: { timezone: string };
}

function ticking(timer: object): Promise<TestSource> {
  return TestSource.deploy(server, {
    code: `{ props: { timer: { type: "$.interface.timer", default: ${JSON.stringify(timer)} } } }`,
  });
}

/** Moves a source's timer, as if its tick were due then. */
async function setNext(source: TestSource, nextAtMs: number): Promise<void> {
  await server.db.query("update timers set next_at_ms = $2 where owner_id = $1", [source.id, nextAtMs]);
  await server.db.notify("timers", { orgId: server.orgId, sourceId: source.id });
}

async function nextOf(source: TestSource): Promise<number> {
  const { rows } = await server.db.query<{ next_at_ms: number }>("select next_at_ms from timers where owner_id = $1", [
    source.id,
  ]);
  return rows[0]?.next_at_ms ?? 0;
}

test("an interval ticks, first one interval after activation, with its time in seconds", async () => {
  const deployedMs = Date.now();
  const source = await ticking({ intervalSeconds: 1 });
  const ticks = (await source.waitForEvents(2)) as Tick[];
  assert.deepEqual(Object.keys(ticks[0] ?? {}), ["timestamp", "interval_seconds"]);
  const [first, second] = ticks;
  assert.ok(first && second);
  assert.ok(first.timestamp * 1000 >= deployedMs, "not before one interval has passed");
  assert.equal(second.timestamp - first.timestamp, 1);
  const [run] = await source.runs();
  assert.equal(run?.cause, "timer");
  await source.delete();
});

test("a cron tick tells its expression and its time zone", async () => {
  const source = await ticking({ cron: "0 9 * * *", timezone: "Europe/Berlin" });
  assert.deepEqual((source.data["configured_props"] as { timer: unknown }).timer, {
    cron: "0 9 * * *",
    interval_seconds: null,
    timezone: "Europe/Berlin",
  });
  await setNext(source, Date.now());
  const [tick] = (await source.waitForEvents(1)) as Tick[];
  assert.equal(tick?.cron, "0 9 * * *");
  assert.equal(tick.timezone_configured?.timezone, "Europe/Berlin");
  const next = new Intl.DateTimeFormat("en", { timeZone: "Europe/Berlin", timeStyle: "medium" });
  assert.equal(next.format(await nextOf(source)).replace("\u202f", " "), "9:00:00 AM");
});

test("of many missed ticks one is caught up, and the phase is kept", async () => {
  const source = await ticking({ intervalSeconds: 600 });
  const missedMs = Date.now() - 100 * 600_000 - 1_000;
  await setNext(source, missedMs);
  await source.waitForEvents(1);
  const nextAtMs = await nextOf(source);
  assert.ok(nextAtMs > Date.now());
  assert.equal((nextAtMs - missedMs) % 600_000, 0);
  assert.equal((await source.events()).length, 1);
});

test("a tick is passed over while the one before it is still in work", async () => {
  const source = await TestSource.deploy(server, {
    code: `{ props: { timer: { type: "$.interface.timer", default: { intervalSeconds: 600 } } },
      async run() { this.$emit("begun"); await new Promise((done) => setTimeout(done, 700)); } }`,
  });
  await setNext(source, Date.now());
  await eventually(async () => {
    const { rows } = await server.db.query("select 1 from deliveries where listener_id = $1", [source.id]);
    return rows.length === 1;
  });
  const passedOverMs = Date.now() - 10;
  await setNext(source, passedOverMs);
  await eventually(async () => (await nextOf(source)) > passedOverMs);
  await source.waitForRun((run) => run.cause === "timer");
  assert.deepEqual(await source.events(), ["begun"]);
  await setNext(source, Date.now());
  assert.equal((await source.waitForEvents(2)).length, 2);
});

test("timers of inactive and deleted sources do not tick", async () => {
  const source = await ticking({ intervalSeconds: 600 });
  await source.put({ active: false });
  await setNext(source, Date.now());
  const other = await ticking({ intervalSeconds: 600 });
  await setNext(other, Date.now());
  await other.waitForEvents(1);
  assert.deepEqual(await source.events(), []);
});
