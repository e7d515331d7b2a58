import assert from "node:assert/strict";
import { test } from "node:test";
import { testDatabase } from "../../testing/index.ts";
import { NodeRegistration, type Database } from "./index.ts";

async function holdDelivery(db: Database, nodeId: string): Promise<void> {
  await db.query(
    `insert into deliveries (delivery_id, org_id, listener_id, emitter_id, channel, event_id, due_at_ms, created_at_ms, node_id, epoch)
     values (nextval('delivery_id_blocks'), 'o_1', 'wh_1', 'dc_1', '', 1, 0, 0, $1, 1)`,
    [nodeId],
  );
}

async function silence(db: Database, options: { nodeId: string; forMs: number }): Promise<void> {
  await db.query("update nodes set heartbeat_at_ms = heartbeat_at_ms - $2::bigint where node_id = $1", [
    options.nodeId,
    options.forMs,
  ]);
}

async function heartbeats(db: Database): Promise<unknown[]> {
  return (await db.query("select node_id, heartbeat_at_ms from nodes order by 1")).rows;
}

test("each start of a node is a new epoch, also when twenty start at once", async () => {
  await using fixture = await testDatabase();
  const { db } = fixture;
  const starts = Array.from({ length: 20 }, () => NodeRegistration.register({ db, nodeName: "a", roles: ["api"] }));
  const epochs = (await Promise.all(starts)).map((node) => node.epoch);
  assert.deepEqual(
    epochs.toSorted((a, b) => a - b),
    Array.from({ length: 20 }, (_, index) => index + 1),
  );
});

test("only a silent or stopped node that holds deliveries is lost", async () => {
  await using fixture = await testDatabase();
  const { db } = fixture;
  const [watcher, silent, stopped] = await Promise.all(
    ["watcher", "silent", "stopped", "idle", "alive"].map((nodeName) =>
      NodeRegistration.register({ db, nodeName, roles: [] }),
    ),
  );
  assert.ok(watcher && silent && stopped);
  for (const nodeId of ["watcher", "silent", "stopped", "alive"]) await holdDelivery(db, nodeId);
  assert.deepEqual(await watcher.lostNodes(), []);
  for (const nodeId of ["watcher", "silent", "idle"]) await silence(db, { nodeId, forMs: 10_001 });
  await stopped.stop();
  const lost = (await watcher.lostNodes()).map((node) => node.nodeId);
  assert.deepEqual(lost.toSorted(), ["silent", "stopped"]);
  assert.equal(await watcher.isGone(silent), true);
  assert.equal(await watcher.isGone({ nodeId: "alive", epoch: 1 }), false);
  assert.equal(await watcher.isGone({ nodeId: "alive", epoch: 0 }), true);
});

test("an idle node writes nothing, and catches up before it claims again", async () => {
  await using fixture = await testDatabase();
  const { db } = fixture;
  const node = await NodeRegistration.register({ db, nodeName: "a", roles: [], beatEveryMs: 20 });
  let asked = 0;
  const idleRound = new Promise<void>((resolve) => {
    node.keepAlive(() => {
      asked += 1;
      resolve();
      return false;
    });
  });
  assert.equal(node.fresh(), null);
  const before = await heartbeats(db);
  await idleRound;
  assert.deepEqual(await heartbeats(db), before);
  assert.equal(asked, 1);
  await node.fresh();
  assert.notDeepEqual(await heartbeats(db), before);
  await node.stop();
});

test("heartbeats go on while the node is busy", async () => {
  await using fixture = await testDatabase();
  const { db } = fixture;
  const node = await NodeRegistration.register({ db, nodeName: "a", roles: [], beatEveryMs: 5 });
  await silence(db, { nodeId: "a", forMs: 100_000 });
  const before = await heartbeats(db);
  let rounds = 0;
  await new Promise<void>((resolve) => {
    node.keepAlive(() => {
      rounds += 1;
      if (rounds === 3) resolve();
      return true;
    });
    void node.fresh();
  });
  await node.stop();
  assert.notDeepEqual(await heartbeats(db), before);
});
