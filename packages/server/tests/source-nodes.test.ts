import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { NodeWork } from "../src/daemon/index.ts";
import { NodeRegistration } from "../src/db/index.ts";
import { TimerIngest } from "../src/ingest/timer/index.ts";
import { Responders, Timers } from "../src/sources/index.ts";
import { startTestServer, type TestServer } from "../testing/test-server.ts";
import { eventually, TestSource } from "../testing/test-source.ts";

function fail(error: unknown): void {
  assert.ifError(error);
}

let server: TestServer;
before(async () => (server = await startTestServer()));
after(() => server.close());

/** A second node on the same database, which takes events in but works for nobody. */
async function secondNode(nodeName: string) {
  const { db } = server;
  const registration = await NodeRegistration.register({ db, nodeName, roles: ["scheduler"] });
  const work = new NodeWork({ db, registration, limits: { total: 1, perListener: 1 }, onError: fail });
  await work.start();
  return {
    registration,
    work,
    async [Symbol.asyncDispose]() {
      await work.stop();
      await registration.stop();
    },
  };
}

const WITH_TIMER = `{ props: { timer: { type: "$.interface.timer", default: { intervalSeconds: 600 } } } }`;

async function putIntoWork(source: TestSource, state: string, node: { nodeId: string; epoch: number }): Promise<void> {
  await server.db.query(
    "update sources set state = $2, was_active = true, deploying_node_id = $3, deploying_epoch = $4 where source_id = $1",
    [source.id, state, node.nodeId, node.epoch],
  );
}

/** A conflict makes a server look for what dead nodes left. */
async function meetConflict(source: TestSource): Promise<void> {
  assert.equal((await source.put({ active: false })).status, 409);
}

test("of one tick that several nodes fire at once, one is written", async () => {
  await using one = await secondNode("racing-1");
  await using two = await secondNode("racing-2");
  const source = await TestSource.deploy(server, { code: WITH_TIMER });
  const [timer] = await new Timers({ db: server.db }).loadOf({ orgId: server.orgId, ownerId: source.id });
  assert.ok(timer);
  const unit = {
    timerTick: { orgId: timer.orgId, timerId: timer.timerId, dueAtMs: timer.nextAtMs, nextAtMs: timer.nextAtMs + 1 },
    events: [
      { orgId: timer.orgId, emitterId: timer.timerId, channel: "$trigger", payload: "{}", directListenerId: source.id },
    ],
  };
  const logs = [one, two, one, two].map((node) => node.work.log);
  const outcomes = await Promise.all(logs.map((log) => log.commit(unit)));
  assert.equal(outcomes.filter((outcome) => outcome.held).length, 1);
  assert.equal((await source.waitForEvents(1)).length, 1);
});

test("when the node that fires timers goes, another takes over", async () => {
  await using node = await secondNode("firing-1");
  const { db } = server;
  const options = { db, log: node.work.log, timers: new Timers({ db }), onError: fail, leadershipRetryMs: 50 };
  const follower = new TimerIngest(options);
  await follower.start();
  assert.equal(follower.isLeader, false);
  await db.query(
    `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted and objsubid = 1
       and database = (select oid from pg_database where datname = current_database())
       and (classid::bigint << 32) | objid::bigint = hashtextextended('millrace timers', 0)`,
  );
  await eventually(async () => follower.isLeader);
  const source = await TestSource.deploy(server, { code: WITH_TIMER });
  await db.query("update timers set next_at_ms = $2 where owner_id = $1", [source.id, Date.now() - 5]);
  await db.notify("timers", { orgId: server.orgId, sourceId: source.id });
  assert.equal((await source.waitForEvents(1)).length, 1);
  await follower.stop();
});

test("a response comes back through the database when another node holds the caller", async () => {
  const { db } = server;
  const [holder, runner] = [new Responders({ db }), new Responders({ db })];
  holder.start();
  const emitId = `emit-${Date.now()}`;
  const waiter = holder.expect({ orgId: server.orgId, emitId, timeoutMs: 5_000 });
  const response = { status: 201, headers: {}, body: "x".repeat(20_000), isBase64: false };
  await runner.settle({ orgId: server.orgId, emitId }, { kind: "response", response });
  assert.deepEqual(await waiter.outcome, { kind: "response", response });
  await eventually(async () => (await db.query("select 1 from endpoint_responses")).rows.length === 0);
  holder.stop();
});

test("a source whose deploy a dead node left is removed", async () => {
  const left = await TestSource.deploy(server, { code: `{ props: { http: "$.interface.http" } }` });
  const busy = await TestSource.deploy(server, { code: `{ run() {} }` });
  await putIntoWork(left, "deploying", { nodeId: "dead-node", epoch: 1 });
  await putIntoWork(busy, "updating", { nodeId: "dead-node", epoch: 1 });
  await meetConflict(busy);
  await eventually(async () => {
    const { rows } = await server.db.query("select 1 from endpoints where owner_id = $1", [left.id]);
    return rows.length === 0;
  });
  assert.equal((await server.call("GET", `/sources/${left.id}`)).status, 404);
  assert.equal((await fetch(left.endpoint, { method: "POST" })).status, 404);
});

test("a source whose update a dead node left is activated anew, and can be changed again", async () => {
  const source = await TestSource.deploy(server, {
    code: `{ hooks: { activate() { this.$emit("activate"); }, deactivate() { this.$emit("deactivate"); } }, run() {} }`,
  });
  await putIntoWork(source, "updating", { nodeId: "dead-node", epoch: 7 });
  await meetConflict(source);
  await eventually(async () => (await source.events()).length === 3);
  assert.deepEqual(await source.events(), ["activate", "deactivate", "activate"]);
  await eventually(async () => (await source.put({ active: false })).status === 200);
});

test("when the old version cannot be activated any more, the source is inactive and $errors says why", async () => {
  const source = await TestSource.deploy(server, {
    code: `{ props: { db: "$.service.db" }, hooks: { activate() { if (this.db.get("once")) throw new Error("gone"); this.db.set("once", true); } }, run() {} }`,
  });
  await putIntoWork(source, "updating", { nodeId: "dead-node", epoch: 1 });
  await meetConflict(source);
  const [event] = (await source.waitForEvents(1, "$errors")) as { error: { code: string; msg: string } }[];
  assert.equal(event?.error.code, "ACTIVATE_FAILED");
  assert.match(event.error.msg, /gone/);
  await eventually(async () => (await source.get())["active"] === false);
});

test("what a living node works on is left to it", async () => {
  await using node = await secondNode("living-1");
  const source = await TestSource.deploy(server, { code: `{ run() {} }` });
  await putIntoWork(source, "updating", node.registration);
  await meetConflict(source);
  const abandoned = await TestSource.deploy(server, { code: `{ run() {} }` });
  await putIntoWork(abandoned, "deploying", { nodeId: "dead-node", epoch: 1 });
  await eventually(async () => {
    const { rows } = await server.db.query("select 1 from sources where source_id = $1", [abandoned.id]);
    return rows.length === 0;
  });
  const { rows } = await server.db.query<{ state: string }>("select state from sources where source_id = $1", [
    source.id,
  ]);
  assert.deepEqual(rows, [{ state: "updating" }]);
});
