import assert from "node:assert/strict";
import { test } from "node:test";
import { testDatabase } from "../../testing/test-database.ts";
import { reportQueue } from "./queue-report.ts";

test("a queue is told apart into due, later, in lanes and in work, with the age of the oldest that could run", async () => {
  await using database = await testDatabase();
  const { db } = database;
  assert.deepEqual(await reportQueue(db), { due: 0, later: 0, inLanes: 0, inWork: 0, oldestWaitMs: null });
  const nowMs = Date.now();
  const add = (id: number, dueAtMs: number, more: { nodeId?: string; inLane?: boolean } = {}) =>
    db.query(
      `insert into deliveries (delivery_id, org_id, listener_id, emitter_id, channel, event_id, due_at_ms, created_at_ms,
         node_id, in_lane) values ($1, 'o_1', 'x_1', 'dc_1', '', 1, $2, $2, $3, $4)`,
      [id, dueAtMs, more.nodeId ?? null, more.inLane ?? false],
    );
  await add(1, nowMs - 5_000);
  await add(2, nowMs + 3_600_000);
  await add(3, nowMs - 9_000, { nodeId: "node" });
  const first = await reportQueue(db);
  assert.deepEqual({ ...first, oldestWaitMs: 0 }, { due: 1, later: 1, inLanes: 0, inWork: 1, oldestWaitMs: 0 });
  assert.ok(first.oldestWaitMs !== null && first.oldestWaitMs >= 4_900);
  await add(4, nowMs - 60_000, { inLane: true });
  const second = await reportQueue(db);
  assert.equal(second.inLanes, 1);
  assert.ok(second.oldestWaitMs !== null && second.oldestWaitMs >= 59_900);
});
