import assert from "node:assert/strict";
import { test } from "node:test";
import { formatEventId, parseEventId } from "../../src/core/index.ts";
import { Subscriptions } from "../../src/events/index.ts";
import { draft, EventWorld, ORG, until } from "./event-world.ts";

const CHANNEL = { orgId: ORG, emitterId: "dc_1", channel: "" };

test("summaries come newest first, are paged by event ids and cut when large", async () => {
  await using world = await EventWorld.open();
  await world.addSource("dc_1");
  const { work } = await world.node("a");
  await work.log.append(
    Array.from({ length: 25 }, (_unused, n) => draft("dc_1", { n }, { metadata: { id: `${n}`, summary: "s" } })),
  );
  await work.log.append([draft("dc_1", { text: "x".repeat(2_000) }), draft("dc_1", 1, { channel: "other" })]);
  const list = (more: object) => work.summaries.list({ ...CHANNEL, limit: 10, isExpanded: false, ...more });
  const first = await list({});
  assert.deepEqual([first.page_info.total_count, first.page_info.count], [26, 10]);
  const [newest, next] = first.data;
  assert.ok(newest?.truncated && typeof newest.event === "string" && newest.event.length === 1_000);
  assert.deepEqual([next?.metadata.id, next?.metadata.summary, next?.metadata.name], ["24", "s", ""]);
  assert.equal((await list({ isExpanded: true })).data[0]?.truncated, undefined);
  const second = await list({ after: first.page_info.end_cursor ?? "" });
  const third = await list({ after: second.page_info.end_cursor ?? "" });
  const ids = [first, second, third].flatMap((page) => page.data.map((one) => one.id));
  assert.equal(ids.length, 26);
  assert.deepEqual(
    ids,
    ids.toSorted((left, right) => (parseEventId(right) ?? 0) - (parseEventId(left) ?? 0)),
  );
  const back = await list({ before: third.page_info.start_cursor ?? "" });
  assert.deepEqual(
    back.data.map((one) => one.id),
    second.data.map((one) => one.id),
  );
  assert.deepEqual((await list({ after: third.page_info.end_cursor ?? "" })).page_info, {
    ...{ total_count: 26, count: 0, start_cursor: null, end_cursor: null },
  });
  await assert.rejects(list({ after: "yesterday" }), { code: "invalid_input" });
});

test("events are deleted from start to end, both included, in one channel", async () => {
  await using world = await EventWorld.open();
  await world.addSource("dc_1");
  const { work } = await world.node("a");
  const ids = (await work.log.append(Array.from({ length: 6 }, (_unused, n) => draft("dc_1", n)))).map((one) =>
    formatEventId(one.eventId),
  );
  await work.log.append([draft("dc_1", 1, { channel: "other" })]);
  const left = async () =>
    (await work.summaries.list({ ...CHANNEL, limit: 10, isExpanded: false })).data.map((one) => one.event);
  await work.summaries.delete(CHANNEL, { startId: ids[2], endId: ids[3] });
  assert.deepEqual(await left(), [5, 4, 1, 0]);
  await work.summaries.delete(CHANNEL, { startId: ids[5] });
  await work.summaries.delete(CHANNEL, { endId: ids[0] });
  assert.deepEqual(await left(), [4, 1]);
  await work.summaries.delete(CHANNEL, {});
  assert.equal(await world.count("events"), 1);
});

test("followers see every event once and in order, from any position, on any node, also without hints", async () => {
  await using world = await EventWorld.open();
  const [here, there] = [await world.node("a"), await world.node("b")];
  const total = 600;
  const stop = new AbortController();
  const follow = async (node: typeof here, afterId: number): Promise<number[]> => {
    const got: number[] = [];
    for await (const rows of node.work.streams.follow(CHANNEL, { afterId, signal: stop.signal })) {
      got.push(...rows.map((row) => row.event_id));
      // Some readers are slow.
      if (got.length % 7 === 0) await new Promise(setImmediate);
      if (got.length >= total) break;
    }
    return got;
  };
  const [first] = await here.work.log.append([draft("dc_1", 0)]);
  const early = [follow(here, 0), follow(here, 0), follow(there, 0)];
  for (let n = 1; n < total; n += 3) {
    const node = n % 2 === 0 ? here : there;
    await node.work.log.append([n, n + 1, n + 2].filter((one) => one < total).map((one) => draft("dc_1", one)));
  }
  const late = follow(there, (first?.eventId ?? 0) - 1);
  const results = await Promise.all([...early, late]);
  stop.abort();
  for (const ids of results) {
    assert.equal(new Set(ids).size, total);
    assert.deepEqual(
      ids,
      ids.toSorted((left, right) => left - right),
    );
  }
});

test("a new node takes what the clock needs: a missing partition is made while appending", async () => {
  await using world = await EventWorld.open();
  const { work } = await world.node("a");
  const { rows } = await world.db.query<{ name: string }>(
    "select child.relname as name from pg_inherits join pg_class child on child.oid = inhrelid join pg_class parent on parent.oid = inhparent where parent.relname = 'events'",
  );
  for (const { name } of rows) await world.db.query(`drop table ${name}`);
  const [event] = await work.log.append([draft("dc_1")]);
  assert.ok(event);
  await until(async () => (await world.count("events")) === 1);
});

test("subscriptions follow their rules", async () => {
  await using world = await EventWorld.open();
  await world.addSource("dc_1");
  await world.addWebhook("wh_1");
  await world.addWorkspace("o_other");
  await world.addSource("dc_foreign", "o_other");
  const node = await world.node("a");
  const code = (promise: Promise<unknown>) =>
    promise.then(
      () => null,
      (error: { code: string }) => error.code,
    );
  assert.equal(await code(world.subscribe(node, "dc_nobody", "wh_1")), "not_found");
  assert.equal(await code(world.subscribe(node, "dc_1", "wh_nobody")), "not_found");
  assert.equal(await code(world.subscribe(node, "dc_foreign", "wh_1")), "not_found");
  for (const emitter of ["dc_1", "dc_*", ORG])
    assert.equal(await code(world.subscribe(node, emitter, "dc_1")), "conflict");
  assert.equal(await code(world.subscribe(node, "dc_1", "dc_1", "self")), null);
  assert.equal(await code(world.subscribe(node, "dc_1", "dc_1", "$trigger")), "invalid_input");
  assert.deepEqual(await world.subscribe(node, "dc_*", "wh_1"), await world.subscribe(node, "dc_*", "wh_1"));
  assert.equal(await world.count("subscriptions"), 2);
});

test("auto-subscriptions apply to emitters created later, and go with their listener", async () => {
  await using world = await EventWorld.open();
  await world.addSource("dc_1");
  await world.addWebhook("wh_1");
  const { work } = await world.node("a");
  const subscriptions = new Subscriptions({ db: world.db, cache: work.subscriptions });
  const id = await subscriptions.createAuto([ORG], { channel: "$errors", listenerId: "wh_1" });
  assert.equal(await subscriptions.createAuto([ORG], { channel: "$errors", listenerId: "wh_1" }), id);
  assert.equal(await world.count("subscriptions"), 0);
  await world.db.transaction((trx) => subscriptions.onEmitterCreated(trx, { orgId: ORG, emitterId: "dc_2" }));
  const { rows } = await subscriptions.list([ORG], { limit: 10, afterId: null, beforeId: null });
  assert.deepEqual(
    rows.map((row) => [row.emitter_id, row.channel, row.listener_id]),
    [["dc_2", "$errors", "wh_1"]],
  );
  await world.db.transaction((trx) => subscriptions.onParticipantDeleted(trx, { orgId: ORG, id: "wh_1" }));
  assert.deepEqual([await world.count("subscriptions"), await world.count("auto_subscriptions")], [0, 0]);
});
