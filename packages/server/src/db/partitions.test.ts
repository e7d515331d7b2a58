import assert from "node:assert/strict";
import { test } from "node:test";
import { testDatabase } from "../../testing/index.ts";
import { dropExpiredPartitions, ensurePartitions, isMissingPartition, type Database } from "./index.ts";
import { periodStartMs } from "./partitions.ts";

const WEEK_MS = 7 * 24 * 3_600_000;
const MONDAY_MS = Date.UTC(2026, 10, 23);

function insertEvent(db: Database, atMs: number): Promise<unknown> {
  return db.query(
    `insert into events (org_id, emitter_id, channel, event_id, emit_id, payload) values ('o_1', 'dc_1', '', $1, 'e', '1')`,
    [atMs * 1024],
  );
}

async function partitionsOf(db: Database, table: string): Promise<string[]> {
  const { rows } = await db.query<{ name: string }>(
    "select inhrelid::regclass::text as name from pg_inherits where inhparent = $1::regclass order by 1",
    [table],
  );
  return rows.map((row) => row.name);
}

test("periods begin on Mondays at midnight UTC, the first and the last millisecond included", () => {
  assert.equal(periodStartMs(MONDAY_MS), MONDAY_MS);
  assert.equal(periodStartMs(MONDAY_MS - 1), MONDAY_MS - WEEK_MS);
  assert.equal(periodStartMs(MONDAY_MS + WEEK_MS - 1), MONDAY_MS);
  assert.equal(new Date(periodStartMs(0)).getUTCDay(), 1);
});

test("a row finds its partition on both sides of every edge, also when the clock is stepped back over one", async () => {
  await using fixture = await testDatabase();
  const startMs = MONDAY_MS + 52 * WEEK_MS;
  await ensurePartitions(fixture.db, startMs);
  for (const atMs of [startMs - WEEK_MS, startMs - 1, startMs, startMs + WEEK_MS - 1, startMs + 3 * WEEK_MS - 1]) {
    await insertEvent(fixture.db, atMs);
  }
});

test("a clock that jumps out of all periods is told apart, and its partitions can be made at once", async () => {
  await using fixture = await testDatabase();
  const farMs = Date.now() + 500 * WEEK_MS;
  await assert.rejects(insertEvent(fixture.db, farMs), isMissingPartition);
  await ensurePartitions(fixture.db, farMs);
  await insertEvent(fixture.db, farMs);
});

test("twenty nodes may make the same partitions at once", async () => {
  await using fixture = await testDatabase({ poolSize: 20 });
  const laterMs = Date.now() + 100 * WEEK_MS;
  const before = await partitionsOf(fixture.db, "source_runs");
  await Promise.all(Array.from({ length: 20 }, () => ensurePartitions(fixture.db, laterMs)));
  assert.equal((await partitionsOf(fixture.db, "source_runs")).length, before.length + 4);
});

test("retention drops only partitions whose every row is too old", async () => {
  await using fixture = await testDatabase();
  const { db } = fixture;
  const oldMs = MONDAY_MS - 20 * WEEK_MS;
  await ensurePartitions(db, oldMs);
  await insertEvent(db, oldMs);
  const nowMs = oldMs + 2 * WEEK_MS;
  assert.deepEqual(await dropExpiredPartitions(db, { nowMs: nowMs - 1, retentionMs: WEEK_MS + 1 }), [
    "events_p20260629",
    "source_runs_p20260629",
    "webhook_deliveries_p20260629",
  ]);
  await dropExpiredPartitions(db, { nowMs, retentionMs: WEEK_MS });
  const { rows } = await db.query("select count(*) as n from events");
  assert.deepEqual(rows, [{ n: 0 }]);
});
