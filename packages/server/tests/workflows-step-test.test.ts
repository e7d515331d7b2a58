import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { addUser, send, startTestServer, type TestServer } from "../testing/index.ts";
import { TestWorkflow } from "../testing/test-workflow.ts";

let server: TestServer;
let workflow: TestWorkflow;
before(async () => {
  server = await startTestServer();
  const code = "export default defineComponent({ async run({ steps }) { return { n: steps.trigger.event.body.n }; } })";
  const triggers = [{ type: "http", props: {} }];
  workflow = await TestWorkflow.create(server, { steps: [{ namespace: "first", code }], triggers });
  const set = await server.call("PUT", `/workspaces/${server.orgId}/env`, { GREETING: "hello" });
  assert.ok(set.status < 300, JSON.stringify(set.body));
});
after(() => server.close());

interface Tested {
  status: string;
  props: Record<string, unknown>;
  exports: Record<string, unknown>;
  return_value: unknown;
  summary: string | null;
  logs: { msg?: string }[];
  error: { name: string; message: string; stack?: string } | null;
  duration_ms: number;
  flow: { kind: string } | null;
  response: { status: number; body: string } | null;
  sends: { kind: string; payload: { url?: string } }[];
}

const component = (body: string, props = "{}") =>
  `export default defineComponent({ props: ${props}, async run({ steps, $ }) { ${body} } })`;

function ask(body: object) {
  return server.call("POST", `/workflows/${workflow.id}/test_step`, body);
}

/** Tests the last of the steps. */
async function tested(steps: Record<string, unknown>[], more: object = {}): Promise<Tested> {
  const reply = await ask({ steps, namespace: steps.at(-1)?.["namespace"], ...more });
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  return (reply.body as { data: Tested }).data;
}

async function runsOf(): Promise<unknown[]> {
  const { body } = await server.call("GET", `/workflows/${workflow.id}/runs?limit=100`);
  return (body as { data: unknown[] }).data;
}

void test("a step of a draft sees the event and the exports that are given, its props and the variables", async () => {
  const code = component(
    'console.log("at work"); $.export("$summary", "did it"); $.export("a", 1); return String(this.text) + process.env.GREETING + steps.trigger.context.test;',
    '{ text: "string" }',
  );
  const step = { namespace: "second", code, props: { text: "{{ steps.first.n + steps.trigger.event.m }}" } };
  const result = await tested([{ namespace: "unfinished" }, step], { event: { m: 1 }, exports: { first: { n: 2 } } });
  assert.deepEqual([result.status, result.error, result.return_value], ["success", null, "3hellotrue"]);
  assert.deepEqual([result.exports["a"], result.summary, result.props], [1, "did it", { text: 3 }]);
  assert.ok(result.logs.some(({ msg }) => msg?.includes("at work")));
});

void test("the event and the earlier exports may be a run's, of this workflow only", async () => {
  const started = await server.call("POST", `/workflows/${workflow.id}/runs`, { event: { body: { n: 7 } } });
  const runId = (started.body as { data: { id: string } }).data.id;
  for (let status = ""; status !== "success";) {
    const { body } = await server.call("GET", `/runs/${runId}`);
    status = (body as { data: { status: string } }).data.status;
    assert.ok(["queued", "running", "success"].includes(status), status);
    if (status !== "success") await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const second = { namespace: "second", code: component("return [steps.first.$return_value, steps.trigger.event]") };
  const result = await tested([{ namespace: "first" }, second], { run_id: runId });
  assert.deepEqual(result.return_value, [{ n: 7 }, { body: { n: 7 } }]);
  const own = await tested([{ namespace: "first" }], { run_id: runId, event: { body: { n: 8 } } });
  assert.deepEqual(own.return_value, { n: 8 }, "a step without code keeps its own");
  const other = await TestWorkflow.create(server, { steps: [{ namespace: "a", code: component("return 1") }] });
  const body = { steps: [{ namespace: "a" }], namespace: "a", run_id: runId };
  assert.equal((await server.call("POST", `/workflows/${other.id}/test_step`, body)).status, 404);
});

void test("what a step would send, answer and end is told and not done; no run is recorded and no credit counted", async () => {
  const before = await runsOf();
  const code = component(
    '$.send.http({ method: "POST", url: "https://example.com/x", data: 1 }); await $.respond({ status: 201, body: "hi" }); await $.flow.exit("enough");',
  );
  const result = await tested([{ namespace: "sender", code }]);
  assert.deepEqual([result.status, result.flow], ["success", { kind: "exit", reason: "enough" }]);
  assert.deepEqual([result.response?.status, result.response?.body], [201, "hi"]);
  assert.deepEqual([result.sends[0]?.kind, result.sends[0]?.payload.url], ["http", "https://example.com/x"]);
  const paused = await tested([{ namespace: "sleeper", code: component("await $.flow.delay(60000); return 2") }]);
  assert.deepEqual([paused.status, paused.return_value, paused.flow], ["success", 2, null]);
  assert.deepEqual(await runsOf(), before);
  const { rows } = await server.db.query("select 1 from components where code like '%example.com/x%'");
  assert.equal(rows.length, 0, "code that is tested is not saved");
});

void test("steps in Python and Bash are tested, too, and failures are told with the user's own stack", async () => {
  const python = "def handler(pd):\n  return pd.steps['trigger']['event']['n'] + 1\n";
  const counted = await tested([{ namespace: "py", lang: "python3.12", code: python }], { event: { n: 1 } });
  assert.deepEqual([counted.error, counted.return_value], [null, 2]);
  const bash = await tested([{ namespace: "sh", lang: "bash", code: "echo from bash" }]);
  assert.ok(JSON.stringify(bash).includes("from bash"));
  const failed = await tested([{ namespace: "bad", code: component('throw new TypeError("no good")') }]);
  assert.deepEqual([failed.status, failed.error?.name, failed.error?.message], ["error", "TypeError", "no good"]);
  assert.ok(failed.error?.stack?.includes("no good"));
});

void test("of control flow the way that a run would go is told", async () => {
  const inner = [{ namespace: "inner", code: component("return 1") }];
  const check = { namespace: "check", type: "if", condition: "steps.trigger.event.n > 1", steps: inner, else: [] };
  const way = async (step: Record<string, unknown>, event: object) => (await tested([step], { event })).return_value;
  const taken = await way(check, { n: 2 });
  assert.ok(typeof taken === "string" && taken !== "$else");
  assert.equal(await way(check, { n: 1 }), "$else");
  const cases = ["small", "big"].map((slug, index) => {
    return { slug, condition: `{{ steps.trigger.event.n > ${1 - index} }}`, steps: [] };
  });
  assert.equal(await way({ namespace: "route", type: "switch", cases }, { n: 1 }), "big");
  const loop = { namespace: "each", type: "loop", over: "{{ steps.trigger.event.list }}", steps: inner };
  assert.deepEqual(await way(loop, { list: [1, 2] }), [1, 2]);
  assert.equal((await tested([loop], { event: { list: 3 } })).error?.name, "TypeError");
});

void test("what is wrong with the step is named with its place; viewers test nothing", async () => {
  const code = component("return this.a", '{ a: "integer" }');
  const steps = [
    { namespace: "if1", type: "if", condition: "true", steps: [{ namespace: "deep", code, props: { a: "x" } }] },
  ];
  const bad = await ask({ steps, namespace: "deep" });
  assert.equal(bad.status, 400);
  assert.ok(JSON.stringify(bad.body).includes("steps[0].steps[0].props.a"), JSON.stringify(bad.body));
  assert.equal((await ask({ steps, namespace: "nowhere" })).status, 400);
  assert.equal((await ask({ steps: [{ namespace: "x", code: "export default {" }], namespace: "x" })).status, 422);
  const { apiKey } = await addUser(server.db, {
    memberOf: { orgId: server.orgId, role: "viewer" },
    ownsWorkspace: false,
  });
  const headers = { authorization: `Bearer ${apiKey}` };
  const path = `/v1/workflows/${workflow.id}/test_step`;
  const refused = await send(server, { method: "POST", path, headers, body: { steps: [], namespace: "x" } });
  assert.equal(refused.status, 403);
});
