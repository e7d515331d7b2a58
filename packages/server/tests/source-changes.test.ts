import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startTestServer, type TestServer } from "../testing/test-server.ts";
import { eventually, TestSource } from "../testing/test-source.ts";

let server: TestServer;
before(async () => (server = await startTestServer()));
after(() => server.close());

/** A component that reports its hooks and runs on the channel `life`; `fails` names the hook that throws. */
function reporting({ version, fails = "", more = "" }: { version: string; fails?: string; more?: string }): string {
  const hook = (name: string): string =>
    `${name}() { if ("${fails}" === "${name}") throw new Error("${version} ${name} fails"); this.$emit(\`${version} ${name} \${this.word}\`, { name: "life" }); }`;
  return `{
    name: "Reporting",
    props: { word: { type: "string", default: "w" }, db: "$.service.db", http: "$.interface.http"${more} },
    hooks: { ${hook("deploy")}, ${hook("activate")}, ${hook("deactivate")} },
    run(event) { this.db.set("runs", (this.db.get("runs") ?? 0) + 1); this.$emit({ version: "${version}", word: this.word, runs: this.db.get("runs") }); },
  }`;
}

const module = (code: string): { component_code: string } => ({ component_code: `export default ${code}` });

async function timerOf(
  source: TestSource,
): Promise<{ active: boolean; interval_seconds: number; next_at_ms: number }[]> {
  const { rows } = await server.db.query<{ active: boolean; interval_seconds: number; next_at_ms: number }>(
    "select active, interval_seconds, next_at_ms from timers where owner_id = $1",
    [source.id],
  );
  return rows;
}

test("new code deactivates the old and activates the new; endpoint and store stay, deploy is not run again", async () => {
  const source = await TestSource.deploy(server, { code: reporting({ version: "v1" }) });
  await fetch(source.endpoint, { method: "POST" });
  await source.waitForEvents(1);
  const reply = await source.put(module(reporting({ version: "v2" })));
  assert.equal(reply.status, 200);
  const { data } = reply.body as { data: TestSource["data"] };
  assert.notEqual(data["component_id"], source.data["component_id"]);
  assert.deepEqual(data["configured_props"], source.data["configured_props"]);
  await fetch(source.endpoint, { method: "POST" });
  const events = await source.waitForEvents(2);
  assert.deepEqual(events, [
    { version: "v1", word: "w", runs: 1 },
    { version: "v2", word: "w", runs: 2 },
  ]);
  assert.deepEqual(await source.events("life"), ["v1 deploy w", "v1 activate w", "v1 deactivate w", "v2 activate w"]);
});

test("new props reach the hooks: the old ones deactivate, the new ones activate", async () => {
  const source = await TestSource.deploy(server, { code: reporting({ version: "p" }), props: { word: "one" } });
  assert.equal((await source.put({ configured_props: { word: "two" } })).status, 200);
  const life = await source.events("life");
  assert.deepEqual(life.slice(2), ["p deactivate one", "p activate two"]);
});

test("switching off runs deactivate and closes the endpoint; switching on opens the same one", async () => {
  const source = await TestSource.deploy(server, { code: reporting({ version: "s" }) });
  const off = await source.put({ active: false });
  assert.equal((off.body as { data: { active: boolean } }).data.active, false);
  assert.equal((await fetch(source.endpoint, { method: "POST" })).status, 404);
  assert.equal((await source.put({ active: false })).status, 200);
  await source.put({ active: true });
  assert.equal((await fetch(source.endpoint, { method: "POST" })).status, 200);
  await source.waitForEvents(1);
  assert.deepEqual((await source.events("life")).slice(2), ["s deactivate w", "s activate w"]);
});

test("an inactive source can be changed; nothing is activated until it is switched on", async () => {
  const source = await TestSource.deploy(server, { code: reporting({ version: "i1" }) });
  await source.put({ active: false });
  const reply = await source.put({ ...module(reporting({ version: "i2" })), configured_props: { word: "new" } });
  assert.equal((reply.body as { data: { active: boolean } }).data.active, false);
  await source.put({ active: true });
  assert.deepEqual((await source.events("life")).slice(3), ["i2 activate new"]);
});

test("when the new version does not activate, the old one goes on and the answer is 422", async () => {
  const source = await TestSource.deploy(server, { code: reporting({ version: "good" }) });
  const reply = await source.put({
    ...module(reporting({ version: "bad", fails: "activate", more: `, extra: "$.interface.http"` })),
    configured_props: { word: "lost" },
  });
  assert.equal(reply.status, 422);
  assert.match((reply.body as { error: string }).error, /bad activate fails/);
  assert.deepEqual(await source.get(), { ...source.data, updated_at: (await source.get())["updated_at"] });
  await fetch(source.endpoint, { method: "POST" });
  assert.deepEqual(await source.waitForEvents(1), [{ version: "good", word: "w", runs: 1 }]);
  assert.deepEqual((await source.events("life")).slice(2), ["good deactivate w", "good activate w"]);
  const { rows } = await server.db.query("select 1 from endpoints where owner_id = $1", [source.id]);
  assert.equal(rows.length, 1);
});

test("a throwing deactivate refuses the change unless hook errors are ignored", async () => {
  const source = await TestSource.deploy(server, { code: reporting({ version: "d", fails: "deactivate" }) });
  const refused = await source.put({ configured_props: { word: "x" } });
  assert.equal(refused.status, 422);
  assert.equal((await source.get())["active"], true);
  const forced = await server.call("PUT", `/sources/${source.id}?ignore_hook_errors=true`, {
    configured_props: { word: "x" },
  });
  assert.equal(forced.status, 200);
  assert.deepEqual((await source.events("life")).at(-1), "d activate x");
});

test("a throwing deactivate keeps a source from being deleted unless hook errors are ignored", async () => {
  const source = await TestSource.deploy(server, { code: reporting({ version: "k", fails: "deactivate" }) });
  const refused = await source.delete();
  assert.equal(refused.status, 422);
  assert.match((refused.body as { error: string }).error, /k deactivate fails/);
  assert.equal((await source.get())["active"], true);
  assert.equal((await source.delete("?ignore_hook_errors=true")).status, 204);
  assert.equal((await server.call("GET", `/sources/${source.id}`)).status, 404);
});

test("a deleted source leaves nothing, and its endpoint is gone", async () => {
  const source = await TestSource.deploy(server, {
    code: reporting({ version: "x", more: `, timer: { type: "$.interface.timer", default: { intervalSeconds: 60 } }` }),
  });
  await fetch(source.endpoint, { method: "POST" });
  await source.waitForEvents(1);
  assert.equal((await source.delete()).status, 204);
  assert.equal((await fetch(source.endpoint, { method: "POST" })).status, 404);
  for (const [table, column] of [
    ["sources", "source_id"],
    ["source_db", "source_id"],
    ["source_runs", "source_id"],
    ["endpoints", "owner_id"],
    ["timers", "owner_id"],
    ["events", "emitter_id"],
  ]) {
    const { rows } = await server.db.query(`select 1 from ${table} where ${column} = $1`, [source.id]);
    assert.equal(rows.length, 0, table);
  }
});

test("a rename changes the slug and runs no hooks", async () => {
  const source = await TestSource.deploy(server, { code: reporting({ version: "n" }), name: "Before" });
  await TestSource.deploy(server, { code: reporting({ version: "n" }), name: "After" });
  const { body } = await source.put({ name: "After" });
  const { data } = body as { data: { name: string; name_slug: string } };
  assert.deepEqual([data.name, data.name_slug], ["After", "after-2"]);
  assert.equal((await source.events("life")).length, 2);
});

test("props that do not fit refuse an update before anything happens", async () => {
  const source = await TestSource.deploy(server, { code: reporting({ version: "r" }) });
  const reply = await source.put({ configured_props: { word: { not: "text" } } });
  assert.equal(reply.status, 400);
  assert.equal((await source.events("life")).length, 2);
});

test("what a reply shows can be sent back unchanged", async () => {
  const source = await TestSource.deploy(server, {
    code: `{ props: { key: { type: "string", secret: true }, http: "$.interface.http", db: "$.service.db",
      timer: { type: "$.interface.timer", default: { cron: "0 9 * * *" } } },
      run() { this.$emit({ key: this.key }); } }`,
    props: { key: "kept" },
  });
  const shown = await source.get();
  const reply = await source.put({ configured_props: shown["configured_props"] as Record<string, never> });
  assert.deepEqual((reply.body as { data: TestSource["data"] }).data["configured_props"], shown["configured_props"]);
  await server.call("POST", `/sources/${source.id}/run`, {});
  assert.deepEqual(await source.events(), [{ key: "kept" }]);
});

test("of several changes at once each is done alone, and the others are told to try again", async () => {
  const source = await TestSource.deploy(server, {
    code: `{ props: { word: { type: "string", default: "w" } },
      hooks: { async deactivate() { await new Promise((done) => setTimeout(done, 100)); } }, run() {} }`,
  });
  const replies = await Promise.all(["a", "b", "c"].map((word) => source.put({ configured_props: { word } })));
  const statuses = replies.map((reply) => reply.status).toSorted((a, b) => a - b);
  assert.equal(statuses[0], 200);
  assert.ok(statuses.slice(1).every((status) => status === 409 || status === 200));
  assert.ok(statuses.includes(409));
  assert.equal((await source.get())["active"], true);
});

test("a new interval starts one interval after the update; switched off, the timer rests", async () => {
  const code = `{ props: { timer: { type: "$.interface.timer" } }, run() {} }`;
  const source = await TestSource.deploy(server, { code, props: { timer: { intervalSeconds: 600 } } });
  const beforeMs = Date.now();
  await source.put({ configured_props: { timer: { intervalSeconds: 60 } } });
  const [timer] = await timerOf(source);
  assert.ok(timer?.active && timer.interval_seconds === 60);
  assert.ok(timer.next_at_ms >= beforeMs + 60_000 && timer.next_at_ms <= Date.now() + 60_000);
  await source.put({ active: false });
  assert.deepEqual(
    (await timerOf(source)).map((one) => one.active),
    [false],
  );
});

test("the process of a replaced version ends", async () => {
  const source = await TestSource.deploy(server, {
    code: `{ hooks: { activate() { this.$emit({ pid: process.env.PD_COMPONENT && globalThis.mark }); globalThis.mark = "old"; } }, run() { this.$emit({ mark: globalThis.mark ?? null }); } }`,
  });
  await source.put(module(`{ name: "new", run() { this.$emit({ mark: globalThis.mark ?? null }); } }`));
  await server.call("POST", `/sources/${source.id}/run`, {});
  const events = await eventually(async () => {
    const all = await source.events();
    return all.length >= 2 && all;
  });
  assert.deepEqual(events.at(-1), { mark: null });
});
