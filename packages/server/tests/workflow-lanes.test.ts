import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createTransport, type Transporter } from "nodemailer";
import { TestReceiver } from "../testing/index.ts";
import { LOOPBACK_ALLOWED, startPlatform } from "../testing/instance/index.ts";
import { freePort } from "../testing/services/index.ts";
import { nodeStep } from "../testing/test-runs.ts";
import { startTestServer, type TestServer } from "../testing/test-server.ts";
import { eventually, TestSource } from "../testing/test-source.ts";
import { TestWorkflow } from "../testing/test-workflow.ts";

const HELD = { throttle: { limit: 0, interval_s: 1 } };
const FREE = { throttle: null };
const EMITTING = `{ props: { http: "$.interface.http" }, run(event) { this.$emit(event.body) } }`;

let server: TestServer;
let receiver: TestReceiver;
let mail: Transporter;
before(async () => {
  const port = await freePort();
  [server, receiver] = await Promise.all([
    startTestServer({ egressAllow: ["127.0.0.0/8"], env: { MILLRACE_SMTP_PORT: String(port) } }),
    TestReceiver.start(),
  ]);
  mail = createTransport({ host: "127.0.0.1", port, ignoreTLS: true });
});
after(async () => {
  await server.close();
  await receiver.close();
});

interface Listening {
  source: TestSource;
  workflow: TestWorkflow;
}

/** A workflow that listens to a source of its own, and the source. */
async function listening(settings: object, body = "", more: object[] = []): Promise<Listening> {
  const source = await TestSource.deploy(server, { code: EMITTING });
  const workflow = await TestWorkflow.create(server, {
    triggers: [{ type: "source", source_id: source.id }, ...more],
    steps: [nodeStep("code", body)],
    settings,
  });
  return { source, workflow };
}

async function emit(source: TestSource, numbers: readonly number[]): Promise<void> {
  for (const n of numbers) {
    const reply = await server.call("POST", `/sources/${source.id}/events`, { event: { n } });
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
  }
}

interface RunRow {
  status: string;
  n: number;
  started_at_ms: number;
  ended_at_ms: number;
}

/** Runs by what they were started with, in the order of their starts. */
async function runsOf({ id }: TestWorkflow): Promise<RunRow[]> {
  const { rows } = await server.db.query<RunRow>(
    `select status, (payload::json ->> 'n')::int as n, started_at_ms, ended_at_ms
     from workflow_runs as run join events on events.org_id = run.org_id and emitter_id = trigger_emitter_id
       and channel = trigger_channel and event_id = trigger_event_id
     where workflow_id = $1 order by started_at_ms, event_id`,
    [id],
  );
  return rows;
}
const ended = (workflow: TestWorkflow, count: number): Promise<RunRow[]> =>
  eventually(async () => {
    const rows = await runsOf(workflow);
    return rows.filter(({ status }) => status === "success").length >= count && rows;
  });
const waiting = async ({ id }: TestWorkflow): Promise<number> =>
  (await server.db.query("select 1 from deliveries where listener_id = $1", [id])).rows.length;
const errorsOf = async ({ id }: TestWorkflow): Promise<{ error: { name: string } }[]> => {
  const reply = await server.call("GET", `/workflows/${id}/$errors/event_summaries?expand=event`);
  return (reply.body as { data: { event: { error: { name: string } } }[] }).data.map(({ event }) => event);
};
const post = (url: string, n: number): Promise<Response> =>
  fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ n }) });

test("with concurrency 1 the runs of a source's events follow each other in order", async () => {
  const { source, workflow } = await listening(
    { concurrency: 1 },
    "await new Promise((done) => setTimeout(done, 15 - steps.trigger.event.n))",
  );
  await emit(source, [0, 1, 2, 3, 4, 5]);
  const runs = await ended(workflow, 6);
  assert.deepEqual(
    runs.map(({ n }) => n),
    [0, 1, 2, 3, 4, 5],
  );
  for (const [index, run] of runs.entries()) {
    assert.ok(index === 0 || run.started_at_ms >= (runs[index - 1]?.ended_at_ms ?? 0));
  }
});

test("a run that pauses gives up its place, and goes on past the queue", async () => {
  const { source, workflow } = await listening(
    { concurrency: 1 },
    "if (steps.trigger.event.n === 0) $.flow.delay(500)",
  );
  await emit(source, [0, 1, 2]);
  await eventually(async () => {
    const runs = await runsOf(workflow);
    return runs.length === 3 && runs[0]?.status === "paused" && runs[2]?.status === "success";
  });
  await workflow.put({ settings: HELD });
  await ended(workflow, 3);
});

test("a held workflow answers requests, queues events, and lets them go when its throttle is lifted", async () => {
  const { source, workflow } = await listening(HELD, "return 1", [{ type: "http" }]);
  await emit(source, [1, 2, 3]);
  assert.equal((await post(workflow.endpoint, 9)).status, 200);
  await eventually(async () => (await runsOf(workflow)).length === 1);
  assert.equal(await waiting(workflow), 3);
  await workflow.put({ settings: { ...FREE, concurrency: 1 } });
  const runs = await ended(workflow, 4);
  assert.deepEqual(
    runs.slice(1).map(({ n }) => n),
    [1, 2, 3],
  );
});

test("a full queue refuses requests, mail and runs, holds its source, says so once, and drops nothing", async () => {
  const { source, workflow } = await listening({ ...HELD, queue_size: 3 }, "", [{ type: "http" }, { type: "email" }]);
  await emit(source, [1, 2]);
  assert.equal((await post(source.endpoint, 3)).status, 200);
  await eventually(async () => (await waiting(workflow)) === 3);
  const refused = await post(workflow.endpoint, 4);
  assert.deepEqual([refused.status, Number(refused.headers.get("retry-after")) > 0], [429, true]);
  assert.deepEqual(await refused.json(), {
    error: `The queue of ${workflow.id} is full; try again later`,
    code: "queue_full",
  });
  const run = await server.call("POST", `/workflows/${workflow.id}/runs`, { event: {} });
  assert.deepEqual([run.status, (run.body as { code: string }).code], [429, "queue_full"]);
  assert.ok(Number(run.headers.get("retry-after")) > 0);
  const address = workflow.data.triggers.find((one) => one["email_address"] !== undefined)?.["email_address"] as string;
  const letter = { from: "a@example.com", to: address, subject: "s", text: "t" };
  await assert.rejects(mail.sendMail(letter), { responseCode: 452 });
  assert.equal((await post(source.endpoint, 5)).status, 429);
  assert.equal((await server.call("POST", `/sources/${source.id}/events`, { event: {} })).status, 429);
  await eventually(async () => (await errorsOf(workflow)).length === 1);
  assert.equal((await errorsOf(workflow))[0]?.error.name, "Event Queue Full");
  await workflow.put({ settings: FREE });
  await ended(workflow, 3);
  await eventually(async () => (await post(source.endpoint, 6)).status === 200);
  await ended(workflow, 4);
  assert.equal((await post(workflow.endpoint, 7)).status, 200);
  await mail.sendMail(letter);
  assert.equal((await errorsOf(workflow)).length, 1);
});

test("the timers of a source and of a workflow wait while a queue is full, and tick when there is room", async () => {
  const ticking = `{ props: { timer: { type: "$.interface.timer", default: { intervalSeconds: 1 } } },
    run() { this.$emit({ n: 1 }) } }`;
  const source = await TestSource.deploy(server, { code: ticking });
  const workflow = await TestWorkflow.create(server, {
    triggers: [
      { type: "source", source_id: source.id },
      { type: "timer", props: { interval_seconds: 1 } },
    ],
    steps: [nodeStep("code", "")],
    settings: { ...HELD, queue_size: 2 },
  });
  await eventually(async () => (await waiting(workflow)) >= 2);
  const ticks = async (): Promise<number> => {
    const { rows } = await server.db.query("select 1 from source_runs where source_id = $1", [source.id]);
    return rows.length;
  };
  const before = await ticks();
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  assert.ok((await ticks()) - before <= 1);
  assert.ok((await waiting(workflow)) <= 3);
  await workflow.put({ settings: FREE });
  await eventually(async () => (await ticks()) > before + 1);
  await server.call("DELETE", `/workflows/${workflow.id}`);
  await source.delete();
});

test("a server that is killed keeps a lane's order, and repeats only what was in work", async () => {
  await using platform = await startPlatform(LOOPBACK_ALLOWED);
  const { api } = platform;
  const source = await api.data<{ id: string }>("POST", "/sources", {
    component_code: `export default ${EMITTING}`,
    configured_props: {},
  });
  const tell = `await fetch("${receiver.url}/" + steps.trigger.event.n, { method: "POST" })`;
  await api.data("POST", "/workflows", {
    triggers: [{ type: "source", source_id: source.id }],
    steps: [nodeStep("code", tell)],
    settings: { concurrency: 1 },
  });
  receiver.respondWith(async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return { status: 200 };
  });
  const told = (): number[] => receiver.requests.map(({ path }) => Number(path.slice(1)));
  for (let n = 0; n < 24; n++) await api.call("POST", `/sources/${source.id}/events`, { event: { n } });
  await eventually(async () => told().length >= 8);
  platform.instance.killTree();
  await platform.instance.exited;
  const instance = await platform.instance.restart();
  await eventually(async () => told().at(-1) === 23);
  const repeated = told().filter((n, index) => n === told()[index - 1]);
  assert.deepEqual(
    [...new Set(told())],
    Array.from({ length: 24 }, (_unused, n) => n),
  );
  assert.equal(told().length, 24 + repeated.length);
  assert.ok(repeated.length <= 1);
  await instance.stop();
});
