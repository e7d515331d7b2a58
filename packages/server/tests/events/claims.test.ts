import assert from "node:assert/strict";
import { test } from "node:test";
import { NodeRegistration } from "../../src/db/index.ts";
import { Peers } from "../../src/daemon/index.ts";
import { isUnavailable } from "../../src/db/index.ts";
import { claimDue } from "../../src/queue/index.ts";
import { draft, EventWorld, ORG, until, type WorldNode } from "./event-world.ts";

interface SubscribedWorld {
  world: EventWorld;
  /** The first node. */
  node: WorldNode;
  /** The second node. */
  other: WorldNode;
}

async function subscribedWorld(slots?: { total: number; perListener: number }): Promise<SubscribedWorld> {
  const world = await EventWorld.open();
  await world.addSource("dc_1");
  await world.addWebhook("wh_1");
  const node = await world.node("a", slots && { slots });
  const other = await world.node("b", slots && { slots });
  await world.subscribe(node, "dc_1", "wh_1");
  return { world, node, other };
}

test("a unit whose claim was taken away writes nothing at all", async () => {
  const { world, node } = await subscribedWorld();
  await using _ = world;
  const { log, dispatcher } = node.work;
  let taken = 0;
  node.respondWith(async (delivery) => {
    taken = delivery.deliveryId;
    await world.db.query("update deliveries set node_id = 'thief', epoch = 7 where delivery_id = $1", [
      delivery.deliveryId,
    ]);
    return {
      claim: delivery,
      events: [draft("dc_1", "late", { channel: "out" }), draft("dc_1", "put off", { deliverAtMs: Date.now() + 9e6 })],
      dbWrites: { orgId: ORG, sourceId: "dc_1", writes: { k: "1" } },
      dedupe: { orgId: ORG, sourceId: "dc_1", strategy: "unique" },
    };
  });
  await log.append([draft("dc_1")]);
  await dispatcher.idle();
  const outcomes = await Promise.all([
    log.commit({ claim: { deliveryId: taken }, events: [draft("dc_1", 1, { channel: "out" })] }),
    log.commit({ claim: { deliveryId: taken }, retry: { dueAtMs: 0, lastError: "x" } }),
    log.commit({ events: [draft("dc_1", 2, { channel: "out" })] }),
  ]);
  assert.deepEqual(
    outcomes.map((outcome) => outcome.held),
    [false, false, true],
  );
  assert.deepEqual(
    [await world.count("events"), await world.count("scheduled_emits"), await world.count("source_db")],
    [2, 0, 0],
  );
  assert.equal(await world.count("dedupe_memory"), 0);
});

test("what an earlier epoch claimed no longer counts, and its node takes it back at once", async () => {
  const { world, node } = await subscribedWorld();
  await using _ = world;
  const old = node;
  old.respondWith(() => new Promise(() => {}));
  await old.work.log.append([draft("dc_1", 1), draft("dc_1", 2)]);
  await until(() => old.seen.length === 2);
  const claims = old.seen.map((one) => one.deliveryId);
  await old.crash();
  const reborn = await world.node("a");
  await until(() => reborn.seen.length === 2);
  await reborn.work.dispatcher.idle();
  assert.deepEqual(new Set(reborn.seen.map((one) => one.deliveryId)), new Set(claims));
  assert.equal(await world.count("deliveries"), 0);
});

test("a node that is lost loses its deliveries to another; one that lives keeps them", async () => {
  const { world, node, other } = await subscribedWorld();
  await using _ = world;
  const lost = node;
  lost.respondWith(() => new Promise(() => {}));
  await lost.work.log.append(Array.from({ length: 50 }, (_unused, n) => draft("dc_1", n)));
  await until(() => lost.seen.length === 50);
  const watcher = await NodeRegistration.register({ db: world.db, nodeName: "w", roles: [], lostAfterMs: 300 });
  const peers = new Peers({
    db: world.db,
    registration: watcher,
    onWork: () => other.work.claims.wake(),
    onError: (error) => assert.ifError(error),
    lostAfterMs: 300,
  });
  assert.equal(await peers.tick(), 0);
  await lost.crash();
  await world.db.query("update nodes set heartbeat_at_ms = heartbeat_at_ms - 1000 where node_id = 'a'");
  assert.equal(await peers.tick(), 50);
  await until(() => other.seen.length === 50);
  await other.work.dispatcher.idle();
  assert.equal(await world.count("deliveries"), 0);
});

test("two nodes drain an overflow together, each delivery once", async () => {
  const { world, node, other } = await subscribedWorld({ total: 16, perListener: 8 });
  await using _ = world;
  await world.addWebhook("wh_2");
  await world.subscribe(node, "dc_1", "wh_2");
  await node.work.log.append(Array.from({ length: 400 }, (_unused, n) => draft("dc_1", n)));
  other.work.claims.wake();
  await until(async () => (await world.count("deliveries")) === 0);
  const seen = [...node.seen, ...other.seen].map((one) => one.deliveryId);
  assert.equal(seen.length, 800);
  assert.equal(new Set(seen).size, 800);
});

test("a listener that hangs delays nobody else", async () => {
  const { world, node } = await subscribedWorld({ total: 32, perListener: 16 });
  await using _ = world;
  await world.addWebhook("wh_fast");
  await world.subscribe(node, "dc_1", "wh_fast", "fast");
  const hanging = Promise.withResolvers<void>();
  node.respondWith(async (delivery) => {
    if (delivery.listenerId === "wh_1") await hanging.promise;
    return { claim: delivery };
  });
  await node.work.log.append(Array.from({ length: 300 }, () => draft("dc_1")));
  for (let n = 0; n < 50; n++) await node.work.log.append([draft("dc_1", n, { channel: "fast" })]);
  await until(() => node.seen.filter((one) => one.listenerId === "wh_fast").length === 50);
  assert.ok(node.seen.filter((one) => one.listenerId === "wh_1").length <= 16);
  hanging.resolve();
  await until(async () => (await world.count("deliveries")) === 0);
});

test("a handler that throws is tried again until it succeeds", async () => {
  const { world, node } = await subscribedWorld();
  await using _ = world;
  node.respondWith(async (delivery) => {
    if (delivery.attempts < 2) throw new Error("not yet");
    return { claim: delivery };
  });
  await node.work.log.append([draft("dc_1")]);
  await until(async () => (await world.count("deliveries")) === 0);
  assert.deepEqual(
    node.seen.map((one) => one.attempts),
    [0, 1, 2],
  );
});

test("claims are dealt by workspace, then by listener, whatever the backlog of one", async () => {
  await using world = await EventWorld.open();
  const node = await world.node("a", { isStarted: false });
  const insert = `insert into deliveries (delivery_id, org_id, listener_id, emitter_id, channel, event_id, due_at_ms, created_at_ms)
    select $1 + n, $2, $3, 'dc_1', '', $4, 1000 + n, 0 from generate_series(1, $5) as n`;
  const [event] = await node.work.log.append([draft("dc_1")]);
  await world.addWorkspace("o_test2");
  await node.work.log.append([{ ...draft("dc_1"), orgId: "o_test2" }]);
  const { rows } = await world.db.query<{ event_id: number }>("select event_id from events where org_id = 'o_test2'");
  for (const [base, orgId, listenerId, eventId, count] of [
    [1_000_000, ORG, "wh_huge", event?.eventId, 5000],
    [2_000_000, ORG, "wh_small", event?.eventId, 3],
    [3_000_000, "o_test2", "wh_other", rows[0]?.event_id, 2],
    [4_000_000, ORG, "p_unknown", event?.eventId, 3],
  ]) {
    await world.db.query(insert, [base, orgId, listenerId, eventId, count]);
  }
  const client = await world.db.pool.connect();
  const claim = (limit: number) =>
    claimDue(client, {
      ...{ nodeId: "a", epoch: 1, nowMs: 1e12, limit, prefixes: ["wh_"], perListener: 64 },
      roomLeft: [["wh_small", 1]],
    });
  const first = await claim(10);
  const second = await claim(1000);
  client.release();
  const countOf = (listenerId: string) => first.claimed.filter((one) => one.listenerId === listenerId).length;
  assert.deepEqual([countOf("wh_huge"), countOf("wh_small"), countOf("wh_other")], [7, 1, 2]);
  assert.ok(first.isHeldBack && first.hasMore);
  assert.deepEqual([second.claimed.length, second.isHeldBack], [65, true]);
});

test("a delivery whose event was deleted is dropped, and pending ones go with the event", async () => {
  const { world, node } = await subscribedWorld({ total: 2, perListener: 1 });
  await using _ = world;
  const gate = Promise.withResolvers<void>();
  node.respondWith(async (delivery) => {
    await gate.promise;
    return { claim: delivery };
  });
  await node.work.log.append([draft("dc_1", 1), draft("dc_1", 2), draft("dc_1", 3)]);
  await world.db.query("delete from events where payload = '3'");
  await node.work.summaries.delete({ orgId: ORG, emitterId: "dc_1", channel: "" }, {});
  assert.equal(await world.count("deliveries"), 2);
  gate.resolve();
  await until(async () => (await world.count("deliveries")) === 0);
  assert.equal(node.seen.length, 1);
});

test("connections killed in the middle of commits lose nothing that was acknowledged", async () => {
  const { world, node } = await subscribedWorld();
  await using _ = world;
  const acknowledged = new Set<number>();
  let refused = 0;
  let isDone = false;
  const produce = async (producer: number): Promise<void> => {
    while (!isDone) {
      try {
        const [event] = await node.work.log.append([draft("dc_1", producer)]);
        if (event) acknowledged.add(event.eventId);
      } catch (error) {
        assert.ok(isUnavailable(error), String(error));
        refused++;
      }
    }
  };
  const producers = Array.from({ length: 8 }, (_unused, n) => produce(n));
  for (let kill = 0; kill < 12; kill++) {
    await until(() => acknowledged.size > kill * 100);
    await world.db.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'millrace commit' and datname = current_database()",
    );
  }
  isDone = true;
  await Promise.all(producers);
  assert.ok(refused > 0);
  await until(async () => (await world.count("deliveries")) === 0);
  const { rows } = await world.db.query<{ event_id: number }>("select event_id from events");
  const stored = new Set(rows.map((row) => row.event_id));
  const delivered = new Set(node.seen.map((one) => one.eventId));
  assert.ok([...acknowledged].every((id) => stored.has(id) && delivered.has(id)));
  assert.deepEqual(delivered, stored);
});
