import assert from "node:assert/strict";
import { test } from "node:test";
import { QueueFullError } from "../../src/events/index.ts";
import type { LaneSettings } from "../../src/workflows/index.ts";
import { draft, EventWorld, ORG, until, type WorldNode } from "./event-world.ts";

interface QueueWorld {
  world: EventWorld;
  node: WorldNode;
  /** Ids of queues that became full, once per episode. */
  told: string[];
}

/** A source, a workflow that hears it and is held, and its queue. */
async function queueWorld(queueSize: number, settings: Partial<LaneSettings> = {}): Promise<QueueWorld> {
  const world = await EventWorld.open();
  const told: string[] = [];
  await world.addSource("dc_1");
  await world.addWorkflow("p_1", { throttle: { limit: 0, intervalMs: 1_000 }, ...settings, queueSize });
  const node = await world.node("a", { onQueueFull: ({ listenerId }) => told.push(listenerId) });
  await world.subscribe(node, "dc_1", "p_1");
  return { world, node, told };
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_unused, n) => n);
const request = (listenerId: string, emitterId = "hi_1") =>
  draft(emitterId, "request", { channel: "$trigger", directListenerId: listenerId });
const errorsOf = async (world: EventWorld): Promise<{ error: { name: string; code: string } }[]> => {
  const { rows } = await world.db.query<{ payload: string }>("select payload from events where channel = '$errors'");
  return rows.map((row) => JSON.parse(row.payload) as { error: { name: string; code: string } });
};
const tryAppend = (node: WorldNode, drafts: ReturnType<typeof draft>[]): Promise<string> =>
  node.work.log.append(drafts, { mayBeRefused: true }).then(
    () => "accepted",
    (error: unknown) => (error instanceof QueueFullError ? `${error.status} ${error.listenerId}` : String(error)),
  );

test("a queue takes exactly as many as it has room for, however many come at once", async () => {
  const { world, node } = await queueWorld(10, { throttle: null, concurrency: null });
  await using _ = world;
  const stuck = Promise.withResolvers<void>();
  node.respondWith(async (delivery) => {
    await stuck.promise;
    return { claim: delivery };
  });
  const outcomes = await Promise.all(numbers(100).map(() => tryAppend(node, [request("p_1")])));
  // 64 are at work at once, the queue holds ten more.
  assert.equal(outcomes.filter((outcome) => outcome === "accepted").length, 74);
  assert.equal(outcomes.filter((outcome) => outcome === "429 p_1").length, 26);
  stuck.resolve();
  await until(async () => (await world.count("deliveries")) === 0);
  assert.equal(await tryAppend(node, [request("p_1")]), "accepted");
  assert.equal(node.work.admission.levels.size, 0);
});

test("what a source emits into a full queue is kept, and the source takes nothing new until there is room", async () => {
  const { world, node, told } = await queueWorld(5);
  await using _ = world;
  await node.work.log.append(numbers(4).map((n) => draft("dc_1", n)));
  assert.equal(await tryAppend(node, [request("dc_1")]), "accepted");
  await until(() => node.seen.length === 1);
  await node.work.log.append(numbers(3).map((n) => draft("dc_1", n)));
  assert.equal(await tryAppend(node, [request("dc_1")]), "429 dc_1");
  assert.equal(await tryAppend(node, [request("p_1")]), "429 p_1");
  assert.equal(await tryAppend(node, [draft("dc_1", "test")]), "429 dc_1");
  assert.equal(await tryAppend(node, [request("dc_2")]), "accepted");
  assert.equal(await world.count("deliveries where listener_id = 'p_1'"), 7);
  await world.addWorkflow("p_1", { concurrency: 1, queueSize: 5 });
  await until(async () => (await tryAppend(node, [request("dc_1")])) === "accepted");
  await until(async () => (await world.count("deliveries")) === 0);
  assert.equal(node.seen.filter(({ listenerId }) => listenerId === "p_1").length, 7);
  assert.deepEqual(told, ["p_1"]);
});

test("work that a held source has waiting already begins once there is room", async () => {
  const { world, node } = await queueWorld(2);
  await using _ = world;
  await node.work.log.append([draft("dc_1", 1), draft("dc_1", 2)]);
  await node.work.log.append([request("dc_1")]);
  await node.work.claims.tick();
  assert.equal(node.seen.length, 0);
  await world.addWorkflow("p_1", { queueSize: 2 });
  await until(() => node.seen.length === 3);
  await until(async () => (await world.count("deliveries")) === 0);
});

test("whoever leads to a full queue is held, also by way of others; other listeners still get what was emitted", async () => {
  const { world, node } = await queueWorld(2);
  await using _ = world;
  await world.addSource("dc_2");
  await world.addWebhook("wh_1");
  await world.addWorkflow("p_2");
  await world.subscribe(node, "dc_2", "p_2");
  await world.subscribe(node, "p_2", "p_1");
  await world.subscribe(node, "dc_1", "wh_1");
  await node.work.log.append(numbers(3).map((n) => draft("dc_1", n)));
  assert.equal(await tryAppend(node, [request("p_2")]), "429 p_2");
  assert.equal(await tryAppend(node, [request("dc_2")]), "429 dc_2");
  await until(() => node.seen.filter(({ listenerId }) => listenerId === "wh_1").length === 3);
  await node.work.log.append([draft("p_2", "kept"), draft("p_2", "oops", { channel: "$errors" })]);
  assert.equal(await world.count("deliveries where listener_id = 'p_1'"), 4);
});

test("a full queue is told of once on $errors, and again when it fills anew", async () => {
  const { world, node, told } = await queueWorld(3);
  await using _ = world;
  await node.work.log.append(numbers(3).map((n) => draft("dc_1", n)));
  for (const n of numbers(3)) await node.work.log.append([draft("dc_1", n)]);
  await until(async () => (await errorsOf(world)).length === 1);
  await world.addWorkflow("p_1", { queueSize: 3 });
  await until(async () => (await world.count("deliveries")) === 0);
  await until(async () => (await world.count("queue_episodes")) === 0);
  await world.addWorkflow("p_1", { throttle: { limit: 0, intervalMs: 1_000 }, queueSize: 3 });
  await node.work.log.append(numbers(6).map((n) => draft("dc_1", n)));
  await until(async () => (await errorsOf(world)).length === 2);
  const [first] = await errorsOf(world);
  assert.deepEqual([first?.error.name, first?.error.code], ["Event Queue Full", "EVENT_QUEUE_FULL"]);
  assert.deepEqual(told, ["p_1", "p_1"]);
});

test("a node that starts finds the queues as they are, and other nodes' full ones within seconds", async () => {
  const { world, node, told } = await queueWorld(3);
  await using _ = world;
  await node.work.log.append(numbers(4).map((n) => draft("dc_1", n)));
  await until(async () => (await errorsOf(world)).length === 1);
  const other = await world.node("b", { onQueueFull: ({ listenerId }) => told.push(listenerId) });
  assert.equal(await tryAppend(other, [request("p_1")]), "429 p_1");
  assert.equal(await tryAppend(other, [request("dc_1")]), "429 dc_1");
  await world.addWorkflow("p_2", { throttle: { limit: 0, intervalMs: 1_000 }, queueSize: 2 });
  await world.addSource("dc_2");
  await world.subscribe(node, "dc_2", "p_2");
  await other.work.log.append([draft("dc_2", 1)]);
  await node.work.log.append([draft("dc_2", 2)]);
  await other.work.queues.tick();
  assert.equal(await tryAppend(other, [request("p_2")]), "429 p_2");
  await until(() => told.length === 2);
  assert.deepEqual(told, ["p_1", "p_2"]);
});

test("what nobody can be told no of is kept whatever waits", async () => {
  const { world, node } = await queueWorld(1);
  await using _ = world;
  await node.work.log.append(numbers(5).map((n) => draft("dc_1", n)));
  const resume = draft("p_1", {}, { channel: "$resume", directListenerId: "p_1" });
  await node.work.log.commit({ events: [resume], mayBeRefused: true }).then(
    () => assert.fail("it was to be refused"),
    () => {},
  );
  await node.work.log.append([resume]);
  await until(() => node.seen.length === 1);
  assert.equal(node.seen[0]?.orgId, ORG);
});

test("a workspace with ten thousand waiting deliveries does not delay another", async () => {
  await using world = await EventWorld.open();
  await world.addSource("dc_1");
  await world.addWebhook("wh_busy");
  const slow = await world.node("a", { slots: { total: 8, perListener: 8 } });
  await world.subscribe(slow, "dc_1", "wh_busy");
  const order: string[] = [];
  slow.respondWith(async (delivery) => {
    order.push(delivery.listenerId);
    await new Promise((resolve) => setTimeout(resolve, 1));
    return { claim: delivery };
  });
  await slow.work.log.append(numbers(10_000).map((n) => draft("dc_1", n)));
  await world.addWorkspace("o_test2");
  await world.addSource("dc_2", "o_test2");
  await world.addWebhook("wh_calm", "o_test2");
  await world.db.query(
    "insert into subscriptions values ('o_test2', 'sub_2', 'dc_2', '', 'wh_calm', 0); insert into subscription_versions values ('o_test2', 1)",
  );
  const before = order.length;
  await slow.work.log.append(numbers(20).map((n) => ({ ...draft("dc_2", n), orgId: "o_test2" })));
  await until(() => order.filter((id) => id === "wh_calm").length === 20);
  // Turn about: for each of its own, about one of the busy workspace.
  const passed = order.length - before - 20;
  assert.ok(passed < 150, `${passed} others came first`);
});
