import assert from "node:assert/strict";
import { test } from "node:test";
import { NodeRegistration } from "../../src/db/index.ts";
import { Peers } from "../../src/daemon/index.ts";
import type { ClaimedDelivery } from "../../src/queue/index.ts";
import type { LaneSettings } from "../../src/workflows/index.ts";
import { draft, EventWorld, until, type WorldNode } from "./event-world.ts";

interface LaneWorld {
  world: EventWorld;
  node: WorldNode;
}

async function laneWorld(settings: Partial<LaneSettings>): Promise<LaneWorld> {
  const world = await EventWorld.open();
  await world.addSource("dc_1");
  await world.addWorkflow("p_1", settings);
  const node = await world.node("a");
  await world.subscribe(node, "dc_1", "p_1");
  return { world, node };
}

const numbers = (count: number, from = 0): number[] => Array.from({ length: count }, (_unused, n) => from + n);
const numberOf = (delivery: ClaimedDelivery): number => JSON.parse(delivery.payload) as number;
const seenBy = (node: WorldNode): number[] => node.seen.map(numberOf);
const emit = (node: WorldNode, values: readonly number[]): Promise<unknown> =>
  node.work.log.append(values.map((value) => draft("dc_1", value)));
const isEmpty = (world: EventWorld) => async (): Promise<boolean> => (await world.count("deliveries")) === 0;

/** Takes what a node held as another node does that finds it lost. */
async function takeOver(world: EventWorld, lost: WorldNode, other: WorldNode): Promise<void> {
  await lost.crash();
  await world.db.query("update nodes set heartbeat_at_ms = 0 where node_id = 'a'");
  const registration = await NodeRegistration.register({ db: world.db, nodeName: "w", roles: [], lostAfterMs: 300 });
  const onWork = (): void => {
    other.work.claims.wake();
    other.work.lanes.wake();
  };
  const peers = new Peers({ db: world.db, registration, onWork, onError: assert.ifError, lostAfterMs: 300 });
  await until(async () => (await peers.tick()) > 0);
}

/** Ends each delivery when told to; says how many are at work. */
function gate(node: WorldNode): { atWork(): number; open(): void; openAll(): void } {
  const waiting: (() => void)[] = [];
  let isOpen = false;
  let atWork = 0;
  node.respondWith(async (delivery) => {
    atWork++;
    if (!isOpen) await new Promise<void>((resolve) => waiting.push(resolve));
    atWork--;
    return { claim: delivery };
  });
  return {
    atWork: () => atWork,
    open: () => waiting.shift()?.(),
    openAll() {
      isOpen = true;
      for (const open of waiting.splice(0)) open();
    },
  };
}

test("with one worker events run one after the other, in their order", async () => {
  const { world, node } = await laneWorld({ concurrency: 1 });
  await using _ = world;
  let atWork = 0;
  node.respondWith(async (delivery) => {
    assert.equal(++atWork, 1);
    await new Promise(setImmediate);
    atWork--;
    return { claim: delivery };
  });
  for (const from of [0, 10, 20]) await emit(node, numbers(10, from));
  await until(isEmpty(world));
  assert.deepEqual(seenBy(node), numbers(30));
});

test("with three workers three run at once, and the next starts as one ends", async () => {
  const { world, node } = await laneWorld({ concurrency: 3 });
  await using _ = world;
  const work = gate(node);
  await emit(node, numbers(8));
  await until(() => work.atWork() === 3);
  for (let started = 4; started <= 8; started++) {
    work.open();
    await until(() => node.seen.length === started);
    assert.ok(work.atWork() <= 3);
  }
  work.openAll();
  await until(isEmpty(world));
  assert.deepEqual(seenBy(node), numbers(8));
});

test("nodes share a lane's limits, and what one emits another may work off", async () => {
  const { world, node } = await laneWorld({ concurrency: 2 });
  await using _ = world;
  const other = await world.node("b");
  const works = [gate(node), gate(other)];
  const atWork = (): number => works.reduce((sum, one) => sum + one.atWork(), 0);
  await Promise.all([emit(node, numbers(10)), emit(other, numbers(10, 10))]);
  await until(() => atWork() === 2);
  while (node.seen.length + other.seen.length < 20) {
    const count = node.seen.length + other.seen.length;
    for (const work of works) work.open();
    await until(() => node.seen.length + other.seen.length > count);
    assert.ok(atWork() <= 2);
  }
  for (const work of works) work.openAll();
  await until(isEmpty(world));
  assert.deepEqual(
    [...seenBy(node), ...seenBy(other)].toSorted((a, b) => a - b),
    numbers(20),
  );
});

test("who takes a dead node's lane over goes on with the delivery that it had in work, in order", async () => {
  const { world, node } = await laneWorld({ concurrency: 1 });
  await using _ = world;
  const other = await world.node("b");
  const work = gate(node);
  await emit(node, numbers(6));
  await until(() => work.atWork() === 1);
  work.open();
  await until(() => node.seen.length + other.seen.length === 2 && work.atWork() === 1);
  await emit(other, numbers(4, 6));
  assert.deepEqual([seenBy(node), seenBy(other)], [[0, 1], []]);
  await takeOver(world, node, other);
  await until(isEmpty(world));
  assert.deepEqual(seenBy(other), numbers(9, 1));
});

test("a node that comes back goes on with its lanes where it was", async () => {
  const { world, node } = await laneWorld({ concurrency: 1 });
  await using _ = world;
  const work = gate(node);
  await emit(node, numbers(5));
  await until(() => work.atWork() === 1);
  work.open();
  await until(() => node.seen.length === 2);
  await node.crash();
  const reborn = await world.node("a");
  await until(isEmpty(world));
  assert.deepEqual(seenBy(reborn), numbers(4, 1));
});

test("a throttle lets so many start in each window, whoever looks", async () => {
  const { world, node } = await laneWorld({ throttle: { limit: 3, intervalMs: 250 } });
  await using _ = world;
  const other = await world.node("b");
  const startedAtMs: number[] = [];
  for (const one of [node, other]) {
    one.respondWith(async (delivery) => {
      startedAtMs.push(performance.now());
      return { claim: delivery };
    });
  }
  const beganAtMs = performance.now();
  await Promise.all([emit(node, numbers(4)), emit(other, numbers(4, 4))]);
  await until(isEmpty(world));
  assert.equal(startedAtMs.length, 8);
  // A window begins with a claim, which may be well before the start: only from the beginning on is the time sure.
  for (const [index, windows] of [
    [3, 1],
    [6, 2],
  ] as const) {
    const afterMs = (startedAtMs[index] ?? 0) - beganAtMs;
    assert.ok(afterMs > windows * 250 - 10, `${afterMs} ms`);
  }
});

test("a limit of 0 holds the lane until it is lifted; what is addressed to the workflow itself runs", async () => {
  const { world, node } = await laneWorld({ throttle: { limit: 0, intervalMs: 1_000 } });
  await using _ = world;
  await emit(node, numbers(3));
  await node.work.log.append([draft("hi_1", 100, { channel: "$trigger", directListenerId: "p_1" })]);
  await until(() => node.seen.length === 1);
  await node.work.lanes.tick();
  assert.deepEqual(seenBy(node), [100]);
  await world.addWorkflow("p_1", { concurrency: 1 });
  await until(isEmpty(world));
  assert.deepEqual(seenBy(node), [100, 0, 1, 2]);
});

test("limits may come and go while events wait", async () => {
  const { world, node } = await laneWorld({});
  await using _ = world;
  const work = gate(node);
  await emit(node, numbers(70));
  await until(() => node.seen.length === 64);
  await world.addWorkflow("p_1", { concurrency: 1 });
  await emit(node, numbers(3, 70));
  for (let ended = 0; ended < 60; ended++) work.open();
  await until(() => work.atWork() === 4);
  assert.equal(node.seen.length, 64);
  for (let ended = 0; ended < 4; ended++) work.open();
  await until(() => node.seen.length === 65);
  work.open();
  await until(() => node.seen.length === 66);
  assert.equal(work.atWork(), 1);
  assert.deepEqual(seenBy(node).slice(64), [64, 65]);
  await world.addWorkflow("p_1");
  await until(() => node.seen.length === 73);
  assert.equal(work.atWork(), 8);
  work.openAll();
  await until(isEmpty(world));
});

test("with one worker a delivery that is tried again is not passed by the next", async () => {
  const { world, node } = await laneWorld({ concurrency: 1 });
  await using _ = world;
  node.respondWith(async (delivery) => {
    if (numberOf(delivery) === 1 && delivery.attempts < 2) throw new Error("not yet");
    return { claim: delivery };
  });
  await emit(node, numbers(4));
  await until(isEmpty(world));
  assert.deepEqual(seenBy(node), [0, 1, 1, 1, 2, 3]);
});

test("claims of the general kind leave lanes alone, and lanes leave slots to others", async () => {
  const { world, node } = await laneWorld({ concurrency: 2 });
  await using _ = world;
  await world.addWebhook("wh_1");
  await world.subscribe(node, "dc_1", "wh_1");
  const stuck = Promise.withResolvers<void>();
  node.respondWith(async (delivery) => {
    if (delivery.listenerId === "p_1") await stuck.promise;
    return { claim: delivery };
  });
  await emit(node, numbers(100));
  await until(() => node.seen.filter(({ listenerId }) => listenerId === "wh_1").length === 100);
  const ofLane = () => node.seen.filter(({ listenerId }) => listenerId === "p_1").length;
  await until(() => ofLane() === 2);
  node.work.claims.wake();
  await node.work.claims.tick();
  assert.equal(ofLane(), 2);
  stuck.resolve();
  await until(isEmpty(world));
});
