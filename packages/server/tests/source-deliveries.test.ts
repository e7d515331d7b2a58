import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startTestServer, type TestServer } from "../testing/test-server.ts";
import { processTree, programName, signalAll } from "../testing/instance/index.ts";
import { eventually, type TestRun, TestSource } from "../testing/test-source.ts";

let server: TestServer;
before(async () => (server = await startTestServer({ sourceTimeoutMs: 2_000 })));
after(() => server.close());

interface ErrorEvent {
  error: { code: string; msg: string; cellId: string; ts: string; stack: string | null };
  original_event: unknown;
  original_context: Record<string, unknown>;
}

const post = (source: TestSource, body: unknown): Promise<Response> =>
  fetch(source.endpoint, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

test("user code that throws is not tried again; what it emitted and stored stays, and $errors tells all", async () => {
  const source = await TestSource.deploy(server, {
    code: `{
      props: { http: "$.interface.http", db: "$.service.db" },
      run(event) { this.$emit({ early: 1 }); this.db.set("k", "v"); console.log("before"); throw new TypeError("my mistake"); },
    }`,
  });
  await post(source, { n: 1 });
  const [event] = (await source.waitForEvents(1, "$errors")) as ErrorEvent[];
  assert.equal(event?.error.code, "USER_ERROR");
  assert.equal(event.error.msg, "my mistake");
  assert.match(event.error.stack ?? "", /my mistake/);
  assert.deepEqual((event.original_event as { body: unknown }).body, { n: 1 });
  assert.equal(event.original_context["owner_id"], server.orgId);
  assert.deepEqual(await source.events(), [{ early: 1 }]);
  const [run] = await source.runs();
  assert.deepEqual([run?.status, run?.attempt, run?.cause, run?.emit_count], ["error", 1, "http", 1]);
  const { rows } = await server.db.query("select value from source_db where source_id = $1", [source.id]);
  assert.deepEqual(rows, [{ value: '"v"' }]);
  const owed = await server.db.query("select 1 from deliveries where listener_id = $1", [source.id]);
  assert.equal(owed.rows.length, 0);
});

test("a run whose result the database refuses ends on $errors and is not repeated", async () => {
  await server.db.query("alter table source_db add constraint refusing check (key <> 'refused')");
  const source = await TestSource.deploy(server, {
    code: `{ props: { http: "$.interface.http", db: "$.service.db" },
      run(event) { this.$emit({ lost: 1 }); this.db.set("refused", 1); return event; } }`,
  });
  await post(source, { n: 1 });
  const [event] = (await source.waitForEvents(1, "$errors")) as ErrorEvent[];
  assert.equal(event?.error.code, "RESULT_REFUSED");
  assert.match(event.error.msg, /refusing/);
  const manual = await server.call("POST", `/sources/${source.id}/run`, {});
  assert.equal(manual.status, 200);
  assert.equal((manual.body as { data: TestRun }).data.error?.code, "RESULT_REFUSED");
  const runs = await source.runs();
  assert.deepEqual(runs.map(({ cause, attempt, emit_count: emits }) => [cause, attempt, emits].join()).toSorted(), [
    "http,1,0",
    "manual,1,0",
  ]);
  assert.deepEqual(await source.events(), []);
  const owed = await server.db.query("select 1 from deliveries where listener_id = $1", [source.id]);
  assert.equal(owed.rows.length, 0);
});

test("each console line is an event of $logs", async () => {
  const source = await TestSource.deploy(server, {
    code: `{ run() { console.log("one", { a: 1 }); console.error("two"); } }`,
  });
  await server.call("POST", `/sources/${source.id}/run`, {});
  const lines = (await source.waitForEvents(2, "$logs")) as { k: string; ts: number; msg: string }[];
  assert.deepEqual(
    lines.map(({ k }) => k),
    ["console.log", "console.error"],
  );
  assert.match(lines[0]?.msg ?? "", /^one /);
  assert.ok(Number.isInteger(lines[0]?.ts));
});

test("events of a run are emitted oldest first by ts, whatever the order of the calls", async () => {
  const source = await TestSource.deploy(server, {
    code: `{ run() { for (const ts of [3000, 1000, 2000]) this.$emit({ ts }, { ts }); } }`,
  });
  await server.call("POST", `/sources/${source.id}/run`, {});
  assert.deepEqual(await source.waitForEvents(3), [{ ts: 1000 }, { ts: 2000 }, { ts: 3000 }]);
});

test("deduplication holds over runs, hooks and channels", async () => {
  const source = await TestSource.deploy(server, {
    code: `{
      dedupe: "unique",
      hooks: { deploy() { this.$emit("hook", { id: 1 }); } },
      run() { this.$emit("again", { id: "1" }); this.$emit("new", { id: 2 }); this.$emit("other channel", { id: 1, name: "c" }); },
    }`,
  });
  const reply = await server.call("POST", `/sources/${source.id}/run`, {});
  assert.deepEqual(await source.events(), ["hook", "new"]);
  assert.deepEqual(await source.events("c"), ["other channel"]);
  const { emits } = (reply.body as { data: { emits: { event: unknown; event_id: string | null }[] } }).data;
  assert.deepEqual(
    emits.map((emit) => [emit.event, emit.event_id !== null]),
    [
      ["again", false],
      ["new", true],
      ["other channel", true],
    ],
  );
});

test("run now gives an object without an interface's keys, and answers with emits, logs and error", async () => {
  const source = await TestSource.deploy(server, {
    code: `{ run(event) { console.log("hi"); this.$emit(event, { summary: "s" }); if (event.fail) throw new Error("as asked"); } }`,
  });
  const plain = await server.call("POST", `/sources/${source.id}/run`);
  const { data } = plain.body as { data: Record<string, unknown> };
  assert.deepEqual([data["status"], data["cause"], data["error"]], ["success", "manual", null]);
  assert.deepEqual((data["emits"] as { event: unknown }[])[0]?.event, {});
  assert.equal((data["logs"] as { msg: string }[])[0]?.msg, "hi");
  const failed = await server.call("POST", `/sources/${source.id}/run`, { event: { fail: true } });
  assert.equal(failed.status, 200);
  const { error, status } = (failed.body as { data: { error: { code: string; message: string }; status: string } })
    .data;
  assert.deepEqual([status, error.code, error.message], ["error", "USER_ERROR", "as asked"]);
});

test("a component without run emits its interface's events as they are", async () => {
  const source = await TestSource.deploy(server, { code: `{ props: { http: "$.interface.http" } }` });
  await post(source, { a: 1 });
  const [event] = (await source.waitForEvents(1)) as { method: string; body: unknown }[];
  assert.deepEqual([event?.method, event?.body], ["POST", { a: 1 }]);
});

test("a test event goes through deduplication", async () => {
  const source = await TestSource.deploy(server, { code: `{ dedupe: "unique", run() {} }` });
  const send = async (id: number): Promise<{ id: string | null; metadata: Record<string, unknown> }> => {
    const reply = await server.call("POST", `/sources/${source.id}/events`, { event: { id }, id, summary: "test" });
    assert.equal(reply.status, 200);
    return (reply.body as { data: { id: string | null; metadata: Record<string, unknown> } }).data;
  };
  const first = await send(1);
  assert.match(first.id ?? "", /^\d+-\d+$/);
  assert.deepEqual(
    [first.metadata["emitter_id"], first.metadata["id"], first.metadata["summary"]],
    [source.id, "1", "test"],
  );
  assert.equal((await send(1)).id, null);
  assert.notEqual((await send(2)).id, null);
  assert.deepEqual(await source.events(), [{ id: 1 }, { id: 2 }]);
  const reserved = await server.call("POST", `/sources/${source.id}/events`, { event: 1, event_name: "$errors" });
  assert.equal(reserved.status, 400);
});

test("a source hears another by subscription, with the emitted payload itself", async () => {
  const speaker = await TestSource.deploy(server, { code: `{ run() { this.$emit({ said: "hello" }); } }` });
  const listener = await TestSource.deploy(server, { code: `{ run(event) { this.$emit({ heard: event }); } }` });
  const query = `emitter_id=${speaker.id}&listener_id=${listener.id}`;
  assert.ok((await server.call("POST", `/subscriptions?${query}`)).status < 300);
  await server.call("POST", `/sources/${speaker.id}/run`, {});
  assert.deepEqual(await listener.waitForEvents(1), [{ heard: { said: "hello" } }]);
  const run = await listener.waitForRun((one) => one.cause === "event");
  assert.equal(run.trigger?.emitter_id, speaker.id);
});

test("a source that logs what it hears on $logs makes no endless loop", async () => {
  const talker = await TestSource.deploy(server, { code: `{ run() { console.log("once"); } }` });
  const ear = await TestSource.deploy(server, {
    code: `{ run(event) { console.log("heard", event.msg); this.$emit(event.msg); } }`,
  });
  for (const emitter of [talker.id, ear.id]) {
    await server.call("POST", `/subscriptions?emitter_id=${emitter}&listener_id=${ear.id}&event_name=$logs`);
  }
  await server.call("POST", `/sources/${talker.id}/run`, {});
  assert.deepEqual(await ear.waitForEvents(1), ["once"]);
  assert.deepEqual(await ear.events("$logs"), []);
});

test("a run that takes too long ends on $errors as TIMEOUT", async () => {
  const source = await TestSource.deploy(server, {
    code: `{ props: { http: "$.interface.http" }, async run() { await new Promise(() => {}); } }`,
  });
  await post(source, {});
  const [event] = (await source.waitForEvents(1, "$errors")) as ErrorEvent[];
  assert.equal(event?.error.code, "TIMEOUT");
});

test("a run whose process is killed before it had any effect is tried once more", async (context) => {
  const source = await TestSource.deploy(server, {
    code: `{ props: { http: "$.interface.http" },
      async run() { await new Promise((done) => setTimeout(done, 1_200)); this.$emit("done"); } }`,
  });
  await post(source, {});
  await eventually(async () => {
    const { rows } = await server.db.query("select 1 from deliveries where listener_id = $1", [source.id]);
    return rows.length === 1;
  });
  // Nothing outside shows when the code has begun; killed while it is still loading, it would not count as an attempt.
  await new Promise((resolve) => setTimeout(resolve, 600));
  const sandboxes = processTree(process.pid).filter((pid) => programName(pid) === "bwrap");
  if (sandboxes.length === 0) return context.skip("finds sandboxes by bubblewrap only");
  signalAll(sandboxes, "SIGKILL");
  assert.deepEqual(await source.waitForEvents(1), ["done"]);
  const run = await source.waitForRun((one) => one.cause === "http");
  // Whether the runner itself or the delivery repeats it depends on what else its process did.
  assert.equal(run.status, "success");
  assert.equal((await source.runs()).length, 1);
  return undefined;
});

test("a run that ends its own process is not tried again", async () => {
  const source = await TestSource.deploy(server, {
    code: `{ props: { http: "$.interface.http" }, run() { process.exit(1); } }`,
  });
  await post(source, {});
  const run = await source.waitForRun((one) => one.status === "error");
  assert.deepEqual([run.attempt, run.error?.code], [1, "EXITED"]);
});

test("a run without its account says which is gone", async () => {
  const account = await connectAccount();
  const source = await TestSource.deploy(server, {
    code: `{ props: { demo: { type: "app", app: "demo_app" } }, run() { this.$emit(this.demo.$auth); } }`,
    props: { demo: { authProvisionId: account } },
  });
  await server.call("POST", `/sources/${source.id}/run`, {});
  assert.deepEqual(await source.events(), [{ api_key: "k" }]);
  assert.equal((await server.call("DELETE", `/accounts/${account}`)).status, 204);
  const reply = await server.call("POST", `/sources/${source.id}/run`, {});
  const { error } = (reply.body as { data: { error: { code: string; message: string } } }).data;
  assert.equal(error.code, "CONFIGURATION_ERROR");
  assert.match(error.message, new RegExp(account));
});

async function connectAccount(): Promise<string> {
  const code = `export default { props: { demo: { type: "app", app: "demo_app" } }, run() {} }`;
  await server.call("POST", "/components", { component_code: code });
  const body = { app: "demo_app", credentials: { api_key: "k" } };
  const reply = await server.call("POST", "/accounts", body);
  return (reply.body as { data: { id: string } }).data.id;
}
