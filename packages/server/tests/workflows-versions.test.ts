import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startTestServer, type TestServer } from "../testing/test-server.ts";
import { TestWorkflow, type WorkflowData } from "../testing/test-workflow.ts";

let server: TestServer;
before(async () => (server = await startTestServer()));
after(() => server.close());

const code = (text: string): string =>
  `export default defineComponent({ async run() { return ${JSON.stringify(text)} } })`;
const codeOf = ({ steps }: WorkflowData): unknown =>
  (steps[0]?.["savedComponent"] as { code: string } | undefined)?.code;

interface Version {
  id: string;
  number: number;
  active: boolean;
  pending: boolean;
}
const versionsOf = async (workflow: TestWorkflow): Promise<Version[]> =>
  ((await server.call("GET", `/workflows/${workflow.id}/versions`)).body as { data: Version[] }).data;

test("steps, settings or triggers make a new version; activating alone does not", async () => {
  const workflow = await TestWorkflow.create(server, { steps: [{ namespace: "a", code: code("one") }] });
  const [stepId, first] = [workflow.data.steps[0]?.id, workflow.data.deployment_id];
  await workflow.put({ active: false });
  assert.equal(workflow.data.deployment_id, first);
  await workflow.put({ steps: [{ namespace: "a", code: code("two") }], active: true });
  assert.notEqual(workflow.data.deployment_id, first);
  assert.equal(workflow.data.active, true);
  assert.equal(workflow.data.steps[0]?.id, stepId);
  await workflow.put({ settings: { name: "renamed" } });
  assert.deepEqual([workflow.data.name, codeOf(workflow.data)], ["renamed", code("two")]);
  assert.deepEqual(
    (await versionsOf(workflow)).map(({ number, active }) => [number, active]),
    [
      [3, true],
      [2, false],
      [1, false],
    ],
  );
});

test("a version never changes: rolling back brings steps, settings and triggers with their addresses back", async () => {
  const workflow = await TestWorkflow.create(server, {
    steps: [{ namespace: "a", code: code("one") }],
    triggers: [{ type: "http" }, { type: "email" }],
    settings: { name: "first", timeout_s: 10 },
  });
  const before = await workflow.get();
  await workflow.put({
    steps: [{ namespace: "b", code: code("two") }],
    triggers: [{ type: "timer", props: { cron: "0 9 * * *" } }],
    settings: { name: "second", timeout_s: 20 },
  });
  assert.equal((await workflow.get()).triggers.length, 1);
  const path = `/workflows/${workflow.id}/rollback`;
  const reply = await server.call("POST", path, { deployment_id: before.deployment_id });
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  const { data } = reply.body as { data: WorkflowData };
  const idsOf = (of: WorkflowData): unknown =>
    of.triggers.map(({ id, key, email_address }) => [id, key, email_address]);
  assert.deepEqual(data.steps, before.steps);
  assert.deepEqual([data.name, data.settings, idsOf(data)], ["first", before.settings, idsOf(before)]);
  workflow.data = data;
  assert.equal((await fetch(workflow.endpoint)).status, 200);
  assert.equal((await server.call("POST", path, { deployment_id: "d_no" })).status, 404);
});

test("a step without code keeps its component, a step that is not named goes", async () => {
  const workflow = await TestWorkflow.create(server, {
    steps: [
      { namespace: "a", code: `export default { props: { x: { type: "string" } }, run() {} }`, props: { x: "1" } },
      { namespace: "b", code: code("b") },
    ],
  });
  const component = workflow.data.steps[0]?.["savedComponent"];
  await workflow.put({ steps: [{ namespace: "a", props: { x: "2" }, disabled: true }] });
  const [only, ...others] = workflow.data.steps;
  assert.deepEqual(
    [only?.["savedComponent"], only?.configured_props_json, only?.["disabled"], others],
    [component, `{"x":"2"}`, true, []],
  );
});

test("sending triggers again keeps their addresses, and a timer that stays keeps its phase", async () => {
  const triggers = [{ type: "http" }, { type: "timer", props: { interval_seconds: 3600 } }, { type: "email" }];
  const workflow = await TestWorkflow.create(server, { triggers });
  const tick = async (): Promise<unknown> =>
    (await server.db.query("select timer_id, next_at_ms from timers where owner_id = $1", [workflow.id])).rows;
  const [before, phase] = [workflow.data.triggers, await tick()];
  await workflow.put({ triggers: [...triggers, { type: "http", props: { custom_response: true } }] });
  const shown = (list: WorkflowData["triggers"]): unknown =>
    list.map(({ id, key, email_address }) => [id, key, email_address]);
  assert.deepEqual(shown(workflow.data.triggers.slice(0, 3)), shown(before));
  assert.equal(workflow.data.triggers[3]?.["custom_response"], true);
  assert.deepEqual(await tick(), phase);
  await workflow.put({ triggers: [{ type: "http", id: workflow.data.triggers[3]?.id }] });
  assert.equal(workflow.data.triggers.length, 1);
  assert.deepEqual(await tick(), []);
});

test("auto_deploy false saves a workflow that is not active until it is activated", async () => {
  const workflow = await TestWorkflow.create(server, {
    triggers: [{ type: "http" }],
    settings: { auto_deploy: false },
  });
  assert.equal(workflow.data.active, false);
  assert.equal((await fetch(workflow.endpoint)).status, 404);
  await workflow.put({ active: true });
  assert.equal((await fetch(workflow.endpoint)).status, 200);
});

test("a version saved with auto_deploy false runs from the next activation on", async () => {
  const workflow = await TestWorkflow.create(server, { steps: [{ namespace: "a", code: code("one") }] });
  await workflow.put({ steps: [{ namespace: "a", code: code("two") }], settings: { auto_deploy: false } });
  assert.equal(codeOf(workflow.data), code("one"));
  assert.deepEqual(
    (await versionsOf(workflow)).map(({ pending }) => pending),
    [true, false],
  );
  await workflow.put({ active: true });
  assert.equal(codeOf(workflow.data), code("two"));
});

test("of two changes at once, one is told to try again", async () => {
  const workflow = await TestWorkflow.create(server, {});
  const changes = [1, 2, 3].map((n) =>
    server.call("PUT", `/workflows/${workflow.id}`, { settings: { name: `n${n}` } }),
  );
  const statuses = (await Promise.all(changes)).map((reply) => reply.status).toSorted((a, b) => a - b);
  assert.equal(statuses[0], 200);
  assert.ok(statuses.every((status) => status === 200 || status === 409));
});

test("a wrong change is refused whole", async () => {
  const workflow = await TestWorkflow.create(server, { steps: [{ namespace: "a", code: code("one") }] });
  const path = `/workflows/${workflow.id}`;
  const bad = await server.call("PUT", path, { steps: [{ namespace: "x" }], active: false, settings: { name: "no" } });
  assert.equal(bad.status, 400);
  const now = await workflow.get();
  assert.deepEqual([now.active, now.name, now.deployment_id], [true, "Untitled workflow", workflow.data.deployment_id]);
});

test("a deleted workflow leaves nothing behind", async () => {
  const workflow = await TestWorkflow.create(server, {
    steps: [{ namespace: "a", code: code("one") }],
    triggers: [{ type: "http" }, { type: "timer", props: { interval_seconds: 1 } }, { type: "email" }],
  });
  await (await fetch(workflow.endpoint)).text();
  assert.equal((await server.call("DELETE", `/workflows/${workflow.id}`)).status, 204);
  assert.equal((await server.call("GET", `/workflows/${workflow.id}`)).status, 404);
  assert.equal((await server.call("DELETE", `/workflows/${workflow.id}`)).status, 404);
  const ids = [workflow.id, ...workflow.data.triggers.map(({ id }) => id)];
  const { rows } = await server.db.query<{ count: number }>(
    `select (select count(*) from workflow_versions where workflow_id = $1) + (select count(*) from workflow_triggers where workflow_id = $1)
       + (select count(*) from endpoints where owner_id = $1) + (select count(*) from timers where owner_id = $1)
       + (select count(*) from workflow_runs where workflow_id = $1)
       + (select count(*) from events where emitter_id = any($2)) as count`,
    [workflow.id, ids],
  );
  assert.equal(rows[0]?.count, 0);
});
