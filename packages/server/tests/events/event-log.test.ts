import assert from "node:assert/strict";
import { test } from "node:test";
import { formatEventId } from "../../src/core/index.ts";
import { CommitError } from "../../src/events/index.ts";
import { draft, EventWorld, ORG, until } from "./event-world.ts";

test("events of one emitter get strictly increasing ids in the order of the calls, over all nodes", async () => {
  await using world = await EventWorld.open();
  const nodes = [await world.node("a"), await world.node("b")];
  const ids = await Promise.all(
    nodes.map(async ({ work }) => {
      const calls = Array.from({ length: 300 }, (_, n) => work.log.append([draft("dc_1", n), draft("dc_2", n)]));
      return (await Promise.all(calls)).map(([first]) => first?.eventId ?? 0);
    }),
  );
  for (const ofNode of ids)
    assert.deepEqual(
      ofNode,
      ofNode.toSorted((left, right) => left - right),
    );
  assert.equal(new Set(ids.flat()).size, 600);
  assert.equal(await world.count("events"), 1200);
});

test("a listener matched several ways by one event gets it once", async () => {
  await using world = await EventWorld.open();
  await world.addSource("dc_1");
  await world.addWebhook("wh_1");
  const node = await world.node("a");
  for (const emitter of ["dc_1", "dc_*", ORG]) await world.subscribe(node, emitter, "wh_1");
  await node.work.log.append([draft("dc_1", 1, { directListenerId: "wh_1" }), draft("dc_1", 2, { channel: "other" })]);
  await node.work.dispatcher.idle();
  assert.deepEqual(
    node.seen.map((one) => one.payload),
    ["1"],
  );
  assert.equal(await world.count("deliveries"), 0);
});

test("an event accepted on another node after a subscription was answered is delivered, without any hint", async () => {
  await using world = await EventWorld.open();
  await world.addSource("dc_1");
  const [one, other] = [await world.node("a"), await world.node("b")];
  await other.work.log.append([draft("dc_1", "before")]);
  other.work.subscriptions.stop();
  for (let n = 0; n < 5; n++) {
    await world.addWebhook(`wh_${n}`);
    await world.subscribe(one, "dc_1", `wh_${n}`);
    await other.work.log.append([draft("dc_1", n)]);
    await until(() => one.seen.length + other.seen.length === ((n + 1) * (n + 2)) / 2);
  }
});

test("what stands in for a unit that the database refuses is written, and told", async () => {
  await using world = await EventWorld.open();
  await world.addSource("dc_1");
  const { work } = await world.node("a");
  const reasons: string[] = [];
  const [outcome] = await Promise.all([
    work.log.commit({
      events: [draft("dc_1", "lost")],
      dbWrites: { orgId: ORG, sourceId: "dc_gone", writes: { k: "1" } },
      ifRefused: (reason) => (reasons.push(reason), { events: [draft("dc_1", "instead")] }),
    }),
    work.log.append([draft("dc_1", "beside")]),
  ]);
  assert.match(reasons.join(), /foreign key/);
  assert.deepEqual([outcome.held, outcome.unit.events?.[0]?.payload], [true, '"instead"']);
  assert.equal(await world.count("events"), 2);
});

test("a unit that the database refuses fails alone", async () => {
  await using world = await EventWorld.open();
  await world.addSource("dc_1");
  const { work } = await world.node("a");
  const write = (sourceId: string) => ({
    events: [draft("dc_1", sourceId)],
    dbWrites: { orgId: ORG, sourceId, writes: { k: "1" } },
  });
  const outcomes = await Promise.allSettled(
    ["dc_1", "dc_gone", "dc_1", "dc_1", "dc_lost", "dc_1"].map((id) => work.log.commit(write(id))),
  );
  assert.deepEqual(
    outcomes.map((one) => one.status),
    ["fulfilled", "rejected", "fulfilled", "fulfilled", "rejected", "fulfilled"],
  );
  assert.ok(outcomes[1]?.status === "rejected" && outcomes[1].reason instanceof CommitError);
  assert.equal(await world.count("events"), 4);
});

test("texts with NUL, our own dividers or broken surrogates are stored, not refused", async () => {
  await using world = await EventWorld.open();
  await world.addSource("dc_1");
  const { work } = await world.node("a");
  const odd = "a\0b\x1ec\x1fd\ud800";
  await work.log.commit({
    events: [
      draft("dc_1", odd, { channel: odd, metadata: { id: odd, summary: odd } }),
      { ...draft("dc_1"), payload: odd },
    ],
    dbWrites: { orgId: ORG, sourceId: "dc_1", writes: { [odd]: JSON.stringify(odd) } },
  });
  const { rows } = await world.db.query<{ payload: string; channel: string }>(
    "select payload, channel from events order by event_id",
  );
  assert.deepEqual(
    rows.map((row) => row.channel),
    ["a\ufffdb\ufffdc\ufffdd\ufffd", ""],
  );
  assert.equal(JSON.parse(rows[0]?.payload ?? ""), odd);
  const page = await work.summaries.list({ orgId: ORG, emitterId: "dc_1", channel: "", limit: 10, isExpanded: true });
  assert.equal(page.data[0]?.event, "a\ufffdb\ufffdc\ufffdd\ufffd");
});

test("writes to a source's db by units of one batch end as the last call left them", async () => {
  await using world = await EventWorld.open();
  await world.addSource("dc_1");
  const { work } = await world.node("a");
  const writes: Record<string, string | null>[] = [{ a: "1", b: "1" }, { a: "2" }, { b: null, c: "3" }, { "": "4" }];
  await Promise.all(writes.map((one) => work.log.commit({ dbWrites: { orgId: ORG, sourceId: "dc_1", writes: one } })));
  const { rows } = await world.db.query("select key, value from source_db order by key");
  assert.deepEqual(rows, [
    { key: "", value: "4" },
    { key: "a", value: "2" },
    { key: "c", value: "3" },
  ]);
});

test("dedupe decides once per id, also when two nodes emit for one source at once", async () => {
  await using world = await EventWorld.open();
  await world.addSource("dc_1");
  const nodes = [await world.node("a"), await world.node("b")];
  const dedupe = { orgId: ORG, sourceId: "dc_1", strategy: "unique" as const };
  const emit = (id: string, channel: string) => draft("dc_1", id, { channel, metadata: { id } });
  const outcomes = await Promise.all(
    Array.from({ length: 40 }, async (_, n) => {
      const events = [emit(`${n % 10}`, ""), emit(`${n % 10}`, ""), emit(`${n % 10}`, "news"), emit("1", "$errors")];
      return nodes[n % 2]?.work.log.commit({ events, dedupe });
    }),
  );
  const kept = outcomes.flatMap((outcome) => outcome?.events ?? []).filter((event) => event !== null);
  const countOf = (channel: string) => kept.filter((event) => event.channel === channel).length;
  assert.deepEqual([countOf(""), countOf("news"), countOf("$errors")], [10, 10, 40]);
  assert.equal(await world.count("events"), 60);
  assert.equal(await world.count("dedupe_memory"), 2);
});

test("an event without an id under a strategy is delivered, with a warning on $logs", async () => {
  await using world = await EventWorld.open();
  await world.addSource("dc_1");
  const { work } = await world.node("a");
  const dedupe = { orgId: ORG, sourceId: "dc_1", strategy: "unique" as const };
  const outcome = await work.log.commit({ events: [draft("dc_1", 1), draft("dc_1", 2)], dedupe });
  assert.ok(outcome.events.every((event) => event !== null));
  const logs = await work.summaries.list({
    orgId: ORG,
    emitterId: "dc_1",
    channel: "$logs",
    limit: 10,
    isExpanded: true,
  });
  const [warning] = logs.data.map((one) => one.event as { k: string });
  assert.equal(warning?.k, "warning");
});

test("an error or log of a run that itself handled one is stored, but goes to nobody", async () => {
  await using world = await EventWorld.open();
  await world.addSource("dc_1");
  await world.addWebhook("wh_1");
  const node = await world.node("a");
  for (const channel of ["$errors", "$logs"]) await world.subscribe(node, "dc_1", "wh_1", channel);
  const unit = (channel: string, runId: string, cause: string) => ({
    events: [draft("dc_1", runId, { channel })],
    sourceRun: {
      ...{
        orgId: ORG,
        sourceId: "dc_1",
        runId,
        deploymentId: "d_1",
        cause: "event" as const,
        status: "error" as const,
      },
      ...{ attempt: 1, emitCount: 0, logs: null, error: null, startedAtMs: Date.now(), endedAtMs: Date.now() },
      trigger: { emitterId: "dc_2", channel: cause, eventId: 1 },
    },
  });
  const cases = [
    ["$errors", "$errors"],
    ["$errors", ""],
    ["$logs", "$logs"],
    ["$logs", "$errors"],
  ] as const;
  await Promise.all(
    cases.map(([channel, cause]) => node.work.log.commit(unit(channel, `${channel} by ${cause}`, cause))),
  );
  await node.work.dispatcher.idle();
  assert.deepEqual(node.seen.map((one) => JSON.parse(one.payload) as string).toSorted(), [
    "$errors by ",
    "$logs by $errors",
  ]);
  assert.equal(await world.count("events"), 4);
});

test("a unit without a claim is written once although subscriptions had changed behind the cache's back", async () => {
  await using world = await EventWorld.open();
  await world.addSource("dc_1");
  const node = await world.node("a");
  await node.work.log.append([draft("dc_1", "fills the cache")]);
  // As another node would, with the hint lost.
  await world.db.query(
    `insert into subscription_versions (org_id, version) values ($1, 1)
     on conflict (org_id) do update set version = subscription_versions.version + 1`,
    [ORG],
  );
  const run = {
    orgId: ORG,
    sourceId: "dc_1",
    runId: "run",
    deploymentId: "d_1",
    startedAtMs: Date.now(),
    endedAtMs: 0,
  };
  const outcome = await node.work.log.commit({
    events: [draft("dc_1", "second")],
    sourceRun: {
      ...run,
      cause: "manual",
      status: "success",
      attempt: 1,
      trigger: null,
      emitCount: 1,
      logs: null,
      error: null,
    },
    dbWrites: { orgId: ORG, sourceId: "dc_1", writes: { key: "1" } },
  });
  assert.equal(outcome.held, true);
  assert.deepEqual([await world.count("source_runs"), await world.count("events")], [1, 2]);
});

test("an emit that is put off waits on $in, can be cancelled there, and becomes an event once", async () => {
  await using world = await EventWorld.open();
  await world.addSource("dc_1");
  await world.addWebhook("wh_1");
  const nodes = [await world.node("a"), await world.node("b")];
  const [first, second] = nodes;
  assert.ok(first && second);
  await world.subscribe(first, "dc_1", "wh_1", "later");
  const soonMs = Date.now() + 200;
  const put = (n: number) => draft("dc_1", n, { channel: "later", deliverAtMs: soonMs, metadata: { id: `t${n}` } });
  const appended = await first.work.log.append([put(1), put(2), put(3)]);
  const pending = { orgId: ORG, emitterId: "dc_1", channel: "$in" };
  const listed = await first.work.summaries.list({ ...pending, limit: 10, isExpanded: false });
  assert.deepEqual(
    listed.data.map((one) => [one.metadata.id, one.metadata.name, one.metadata.delivery_ts]),
    ["t3", "t2", "t1"].map((id) => [id, "later", soonMs]),
  );
  const cancelled = formatEventId(appended[1]?.eventId ?? 0);
  await first.work.summaries.delete(pending, { startId: cancelled, endId: cancelled });
  await until(() => Date.now() >= soonMs);
  await Promise.all([...nodes, ...nodes].map(({ work }) => work.scheduled.tick(Date.now())));
  await until(() => first.seen.length + second.seen.length >= 2);
  assert.deepEqual([...first.seen, ...second.seen].map((one) => one.payload).toSorted(), ["1", "3"]);
  assert.equal(await world.count("scheduled_emits"), 0);
  assert.equal(await world.count("events"), 2);
});

test("an emit that is put off becomes an event by itself when its time comes", async () => {
  await using world = await EventWorld.open();
  const { work } = await world.node("a");
  await work.log.append([draft("dc_1", 1, { deliverAtMs: Date.now() + 60 })]);
  await until(async () => (await world.count("events")) === 1);
});
