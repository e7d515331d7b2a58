import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { runChores } from "../src/workflows/engine/index.ts";
import { getRun, nodeStep, returned, runIn, runToEnd, startRun, workflowOf } from "../testing/test-runs.ts";
import { startTestServer, type TestServer } from "../testing/test-server.ts";
import { eventually } from "../testing/test-source.ts";
import type { TestWorkflow } from "../testing/test-workflow.ts";

const DAY_MS = 86_400_000;

let server: TestServer;
before(async () => (server = await startTestServer()));
after(() => server.close());

/** What the server does every ten minutes, as if it were then. */
async function keepInOrder(nowMs: number): Promise<void> {
  for (const chore of runChores({ db: server.db, retentionMs: 30 * DAY_MS })) await chore.run(nowMs);
}

interface Left {
  runs: number;
  steps: number;
  callbacks: number;
  pending: number;
  deliveries: number;
  events: number;
}

/** What the database has of a workflow and of these runs. */
async function leftOf({ id }: TestWorkflow, runIds: readonly string[]): Promise<Left> {
  const { rows } = await server.db.query<Left>(
    `select (select count(*) from workflow_runs where workflow_id = $1) as runs,
       (select count(*) from workflow_steps where run_id = any($2)) as steps,
       (select count(*) from workflow_callbacks where workflow_id = $1) as callbacks,
       (select count(*) from scheduled_emits where emitter_id = $1) as pending,
       (select count(*) from deliveries where listener_id = $1) as deliveries,
       (select count(*) from events where emitter_id = $1) as events`,
    [id, [...runIds]],
  );
  const [left] = rows;
  assert.ok(left);
  return left;
}

const SUSPENDS = [nodeStep("ask", `$.export("urls", $.flow.suspend(60 * 86_400_000));`), nodeStep("on", `return 1;`)];

const resumeUrl = async (runId: string): Promise<string> => {
  const { steps } = await runIn(server, runId, "paused");
  const urls = steps[0]?.exports["urls"] as { resume_url: string } | undefined;
  return server.url + new URL(urls?.resume_url ?? "").pathname;
};

test("ended runs and their steps go when their time is over, paused ones never", async () => {
  const short = await workflowOf(
    server,
    [nodeStep("a", `if (steps.trigger.event.waits) $.flow.delay(40 * 86_400_000);`)],
    {
      settings: { retain_s: 60 },
    },
  );
  const usual = await workflowOf(server, [nodeStep("a", `return 1;`)]);
  const long = await workflowOf(server, [nodeStep("a", `return 1;`)], { settings: { retain_s: 60 * 86_400 } });
  const workflows = [short, usual, long];
  const ended = await Promise.all(workflows.map(async (workflow) => (await runToEnd(workflow)).id));
  const paused = await startRun(short, { waits: true });
  await runIn(server, paused, "paused");
  const statuses = () =>
    Promise.all([...ended, paused].map(async (id) => (await server.call("GET", `/runs/${id}`)).status));
  await keepInOrder(Date.now() + 30_000);
  assert.deepEqual(await statuses(), [200, 200, 200, 200]);
  await keepInOrder(Date.now() + DAY_MS);
  assert.deepEqual(await statuses(), [404, 200, 200, 200]);
  await keepInOrder(Date.now() + 35 * DAY_MS);
  assert.deepEqual(await statuses(), [404, 404, 200, 200]);
  assert.equal((await server.call("POST", `/runs/${ended[0]}/replay`)).status, 404);
  assert.equal((await server.call("POST", `/runs/${ended[0]}/cancel`)).status, 404);
  const { steps } = await leftOf(short, ended.slice(0, 2));
  assert.equal(steps, 0, "steps went with their runs");
  assert.equal((await getRun(server, paused)).status, "paused");
  const listed = await server.call("GET", `/workflows/${short.id}/runs`);
  assert.deepEqual(
    (listed.body as { data: { id: string }[] }).data.map(({ id }) => id),
    [paused],
  );
});

test("a replay outlives the run that it replays, and can itself be replayed from a step", async () => {
  const workflow = await workflowOf(server, [
    nodeStep("a", `return steps.trigger.event.n;`),
    nodeStep("b", `return 2;`),
  ]);
  const first = await runToEnd(workflow, { n: 7 });
  const replay = await server.call("POST", `/runs/${first.id}/replay`);
  const { id } = (replay.body as { data: { id: string } }).data;
  await runIn(server, id, "success");
  await server.db.query("update workflow_runs set ended_at_ms = 1 where run_id = $1", [first.id]);
  await keepInOrder(Date.now());
  assert.equal((await server.call("GET", `/runs/${first.id}`)).status, 404);
  const again = await server.call("POST", `/runs/${id}/replay`, { from_step: "b" });
  const third = await runIn(server, (again.body as { data: { id: string } }).data.id, "success");
  assert.deepEqual([returned(third), third.replay_of], [{ a: 7, b: 2 }, id]);
});

test("a workflow that is deleted leaves nothing of its paused, queued and working runs, and their URLs are gone", async () => {
  const workflow = await workflowOf(server, [
    ...SUSPENDS,
    nodeStep("slow", `await new Promise((resolve) => setTimeout(resolve, 1_000));`),
    nodeStep("never", `$.send.emit({ never: true });`),
  ]);
  const ids = await Promise.all([1, 2, 3].map(() => startRun(workflow)));
  const urls = await Promise.all(ids.map(resumeUrl));
  const [called] = urls;
  assert.equal((await fetch(String(called))).status, 200);
  await eventually(async () => (await leftOf(workflow, ids)).steps === 5);
  const before = await leftOf(workflow, ids);
  assert.deepEqual([before.runs, before.pending, before.deliveries], [3, 2, 1]);
  assert.equal((await server.call("DELETE", `/workflows/${workflow.id}`)).status, 204);
  const nothing: Left = { runs: 0, steps: 0, callbacks: 0, pending: 0, deliveries: 0, events: 0 };
  assert.deepEqual(await leftOf(workflow, ids), nothing);
  for (const url of urls) assert.equal((await fetch(url)).status, 404);
  for (const id of ids) {
    assert.equal((await server.call("GET", `/runs/${id}`)).status, 404);
    assert.equal((await server.call("POST", `/runs/${id}/replay`)).status, 404);
    assert.equal((await server.call("POST", `/runs/${id}/cancel`)).status, 404);
  }
  // The step that was at work ends, and finds that its run is not there any more.
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  await keepInOrder(Date.now());
  assert.deepEqual(await leftOf(workflow, ids), nothing);
});

test("runs that are at work, paused or to be retried when their workflow changes end as they began", async () => {
  const old = [
    nodeStep("hold", `await new Promise((resolve) => setTimeout(resolve, 300)); return "old";`),
    nodeStep("wait", `$.flow.delay(400);`),
    nodeStep("tried", `if (!steps.trigger.event.again) { throw new Error("old"); } return "old";`, {
      retry: { max_attempts: 2, backoff_s: 0.2 },
    }),
  ];
  const workflow = await workflowOf(server, old);
  const [working, trying] = [await startRun(workflow, { again: true }), await startRun(workflow)];
  await runIn(server, working, "running");
  const version = workflow.data.deployment_id;
  await workflow.put({ steps: [nodeStep("new", `return "new";`)] });
  const fresh = await runToEnd(workflow);
  const [one, two] = [await runIn(server, working, "success"), await runIn(server, trying, "error")];
  assert.deepEqual(returned(one), { hold: "old", wait: null, tried: "old" });
  assert.deepEqual([two.error?.message, two.steps.at(-1)?.attempts], ["old", 2]);
  assert.deepEqual([one.deployment_id, two.deployment_id], [version, version]);
  assert.deepEqual([returned(fresh), fresh.deployment_id], [{ new: "new" }, workflow.data.deployment_id]);
  await workflow.put({ active: false });
  assert.equal((await server.call("POST", `/runs/${one.id}/replay`)).status, 409, "nothing starts while it is off");
});

test("a workflow that is switched off lets the runs go on that have begun", async () => {
  const workflow = await workflowOf(server, SUSPENDS);
  const runId = await startRun(workflow);
  const url = await resumeUrl(runId);
  await workflow.put({ active: false });
  assert.equal((await fetch(url)).status, 200);
  assert.equal(returned(await runIn(server, runId, "success"))["on"], 1);
});
