import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { TestReceiver } from "../testing/index.ts";
import { ApiCaller, Instance, LOOPBACK_ALLOWED, removeDataDir } from "../testing/instance/index.ts";
import { testDatabase } from "../testing/test-database.ts";
import { nodeStep, returned, type TestWorkflowRun } from "../testing/test-runs.ts";
import { eventually } from "../testing/test-source.ts";

const TAKEN_OVER_MS = 30_000;
const ANSWERED_MS = 20_000;

/** Starts nodes on one database. */
async function startCluster(stack: AsyncDisposableStack) {
  const database = stack.use(await testDatabase());
  const shared = { DATABASE_URL: database.url, MILLRACE_SECRET_KEY: randomBytes(32).toString("base64") };
  return {
    db: database.db,
    async node(name: string, roles = "api,ingest,worker,scheduler"): Promise<Instance> {
      const dataDir = await mkdtemp(join(tmpdir(), `millrace-node-${name}-`));
      stack.defer(() => removeDataDir(dataDir));
      const env = { ...LOOPBACK_ALLOWED, ...shared, MILLRACE_NODE_NAME: name, MILLRACE_ROLES: roles };
      const instance = await Instance.start({ dataDir, env });
      stack.defer(async () => void (await instance.stop()));
      return instance;
    },
  };
}

async function create(api: ApiCaller, body: object): Promise<{ id: string; path: string }> {
  const data = await api.data<{ id: string; triggers: { endpoint_url: string }[] }>("POST", "/workflows", body);
  const url = data.triggers[0]?.endpoint_url;
  return { id: data.id, path: url === undefined ? "" : new URL(url).pathname };
}

async function start(api: ApiCaller, workflow: { id: string }): Promise<string> {
  return (await api.data<{ id: string }>("POST", `/workflows/${workflow.id}/runs`, { event: {} })).id;
}

async function runIn(api: ApiCaller, id: string, status: string): Promise<TestWorkflowRun> {
  for (const endMs = Date.now() + TAKEN_OVER_MS; ;) {
    const run = await api.data<TestWorkflowRun>("GET", `/runs/${id}`);
    if (run.status === status) return run;
    assert.ok(Date.now() < endMs, `the run is not ${status}: ${JSON.stringify(run)}`);
    await delay(50);
  }
}

const resumeUrl = (run: TestWorkflowRun): URL => {
  const urls = run.steps[0]?.exports["urls"] as { resume_url: string } | undefined;
  return new URL(urls?.resume_url ?? "");
};

const SUSPENDS = [
  nodeStep("ask", `$.export("urls", $.flow.suspend(600000));`),
  nodeStep("then", `return steps.ask.$resume_data.method;`),
];

test("what a dead node's runs had come to goes on on another: paused, called, and in flight", async () => {
  await using stack = new AsyncDisposableStack();
  const receiver = stack.use(await TestReceiver.start());
  const cluster = await startCluster(stack);
  const a = await cluster.node("a");
  const api = await a.caller();
  const tell = (text: string): string => `await fetch("${receiver.url}", { method: "POST", body: "${text}" });`;
  const suspends = await create(api, { steps: SUSPENDS });
  const delays = await create(api, {
    steps: [nodeStep("wait", `$.flow.delay(1500);`), nodeStep("then", `return "on";`)],
  });
  const working = await create(api, {
    steps: [
      nodeStep("done", `${tell("done")} return "kept";`),
      nodeStep("busy", `${tell("busy")} return "again";`),
      nodeStep("last", `return steps.done.$return_value;`),
    ],
  });
  const called = await create(api, {
    steps: [
      nodeStep(
        "ask",
        `const { resume_url } = $.flow.suspend(600000); await fetch("${receiver.url}", { method: "POST", body: resume_url });`,
      ),
      nodeStep("then", `return steps.ask.$resume_data.method;`),
    ],
  });
  // The steps that are in flight get no answer before the node dies.
  receiver.respondWith(({ body }) => (body === "done" ? { status: 200 } : undefined));
  const suspended = await start(api, suspends);
  const { pathname } = resumeUrl(await runIn(api, suspended, "paused"));
  const inFlight = [await start(api, working), await start(api, called)] as const;
  // In whichever order the two runs come to it.
  const requests = await receiver.waitFor(3);
  const url = requests.map(({ body }) => body).find((body) => body.includes("/v1/"));
  assert.equal((await fetch(a.url + new URL(String(url)).pathname, { method: "PUT" })).status, 200);
  const delayed = await start(api, delays);
  await runIn(api, delayed, "paused");

  a.killTree();
  await a.exited;
  receiver.respondWith(() => ({ status: 200 }));
  const b = await cluster.node("b");
  const onB = new ApiCaller({ url: b.url, apiKey: (await a.credentials()).api_key });
  assert.equal((await fetch(b.url + pathname, { method: "PATCH" })).status, 200);
  assert.equal(returned(await runIn(onB, suspended, "success"))["then"], "PATCH");
  assert.equal(returned(await runIn(onB, delayed, "success"))["then"], "on");
  const [worked, wasCalled] = await Promise.all(inFlight.map((id) => runIn(onB, id, "success")));
  assert.deepEqual(returned(worked as TestWorkflowRun), { done: "kept", busy: "again", last: "kept" });
  assert.equal(returned(wasCalled as TestWorkflowRun)["then"], "PUT");
  const told = receiver.requests.map(({ body }) => body).filter((body) => !body.includes("/v1/"));
  assert.deepEqual(told.toSorted(), ["busy", "busy", "done"], "what was recorded did not run again");
});

test("a caller is answered by the node that holds its socket, whichever runs the workflow", async () => {
  await using stack = new AsyncDisposableStack();
  const cluster = await startCluster(stack);
  const front = await cluster.node("front", "api,ingest");
  await cluster.node("back", "worker,scheduler");
  const api = await front.caller();
  const { id, path } = await create(api, {
    triggers: [{ type: "http", props: { custom_response: true } }],
    steps: [
      nodeStep(
        "answer",
        `const { how } = steps.trigger.event.query;
         if (how === "delay") { $.flow.delay(60000); return; }
         if (how === "none") return;
         await $.respond({ status: 201, immediate: how === "now", headers: { "x-how": how }, body: "x".repeat(100000) });`,
      ),
      nodeStep("after", `if (steps.trigger.event.query.how === "throw") throw new Error("late");`),
    ],
  });
  // One right after the other: no hint to the other node may be lost for coming too soon after another.
  for (const how of ["end", "now", "throw", "end"]) {
    const signal = AbortSignal.timeout(ANSWERED_MS);
    const response = await fetch(`${front.url}${path}?how=${how}`, { signal });
    assert.deepEqual([response.status, response.headers.get("x-how")], [201, how]);
    assert.equal((await response.text()).length, 100_000);
  }
  const texts = await Promise.all(
    ["delay", "none"].map(async (how) => (await fetch(`${front.url}${path}?how=${how}`)).text()),
  );
  assert.deepEqual(texts, ["$.respond() not called for this invocation", "No $.respond called in workflow"]);
  const { rows } = await cluster.db.query<{ node: string }>(
    "select distinct node_id as node from nodes where 'worker' = any(roles) and stopped_at_ms is null",
  );
  assert.equal(rows.length, 1, "only one node works");
  assert.equal((await api.call("GET", `/workflows/${id}/runs`)).status, 200);
  await eventually(async () => (await cluster.db.query("select 1 from endpoint_responses")).rows.length === 0);
});
