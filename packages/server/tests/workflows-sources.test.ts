import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startTestServer, type TestServer } from "../testing/test-server.ts";
import { TestSource } from "../testing/test-source.ts";
import { problemsIn, TestWorkflow, type Refusal } from "../testing/test-workflow.ts";

let server: TestServer;
before(async () => (server = await startTestServer()));
after(() => server.close());

const SOURCE = `export default {
  name: "Ticker", key: "ticker", version: "0.0.1",
  props: { word: { type: "string" }, db: "$.service.db" },
  hooks: { async activate() { this.$emit({ hook: "activate" }) }, async deploy() { this.$emit({ hook: "deploy" }) } },
  run(event) { this.$emit({ word: this.word }) },
}`;
const FAILING = `export default { name: "Fails", hooks: { activate() { throw new Error("no webhook for you") } }, run() {} }`;
const trigger = (word = "a") => ({ type: "source", component_code: SOURCE, props: { word } });

async function count(table: string): Promise<number> {
  const { rows } = await server.db.query<{ count: number }>(`select count(*) as count from ${table}`);
  return rows[0]?.count ?? 0;
}
async function subscriptionsOf(workflow: TestWorkflow): Promise<string[]> {
  const { rows } = await server.db.query<{ emitter_id: string }>(
    "select emitter_id from subscriptions where listener_id = $1 order by created_at_ms",
    [workflow.id],
  );
  return rows.map((row) => row.emitter_id);
}

test("a source is deployed with its workflow, heard by it from its first event on, and deleted with it", async () => {
  const workflow = await TestWorkflow.create(server, { triggers: [trigger("hello")] });
  const [source] = workflow.data.triggers;
  assert.match(source?.id ?? "", /^dc_/);
  assert.deepEqual(source?.["configured_props"], { word: "hello", db: { type: "$.service.db" } });
  assert.deepEqual(await subscriptionsOf(workflow), [source?.id]);
  assert.equal((await server.call("GET", `/sources/${source?.id}`)).status, 200);
  await server.call("DELETE", `/workflows/${workflow.id}`);
  assert.equal((await server.call("GET", `/sources/${source?.id}`)).status, 404);
  assert.deepEqual(await subscriptionsOf(workflow), []);
});

test("an existing source goes on without the workflow", async () => {
  const source = await TestSource.deploy(server, { code: `{ run() {} }` });
  const workflow = await TestWorkflow.create(server, { triggers: [{ type: "source", source_id: source.id }] });
  assert.deepEqual(await subscriptionsOf(workflow), [source.id]);
  await workflow.put({ triggers: [] });
  assert.deepEqual(await subscriptionsOf(workflow), []);
  await workflow.put({ triggers: [{ type: "source", source_id: source.id }] });
  await server.call("DELETE", `/workflows/${workflow.id}`);
  assert.equal((await server.call("GET", `/sources/${source.id}`)).status, 200);
});

test("a source that fails to deploy leaves nothing behind, whatever was deployed before it", async () => {
  const before = [
    await count("sources"),
    await count("workflows"),
    await count("subscriptions"),
    await count("events"),
  ];
  const reply = await server.call("POST", "/workflows", {
    triggers: [trigger(), { type: "http" }, { type: "source", component_code: FAILING }],
  });
  assert.equal(reply.status, 422);
  const { code, details, stack } = reply.body as Refusal;
  assert.deepEqual([code, details?.[0]?.path], ["hook_failed", "triggers[2].hooks.activate"]);
  assert.match(stack ?? "", /no webhook for you/);
  assert.deepEqual(
    [await count("sources"), await count("workflows"), await count("subscriptions"), await count("events")],
    before,
  );
});

test("what is wrong with a source's props or component is named under its trigger", async () => {
  const reply = await server.call("POST", "/workflows", {
    triggers: [
      { type: "source", component_code: SOURCE },
      { type: "source", component_code: `export default { type: "action", run() {} }` },
      { type: "source", component_key: "nope" },
    ],
  });
  assert.equal(reply.status, 400);
  assert.deepEqual(
    problemsIn(reply).map((problem) => problem.split(": ")[0]),
    ["triggers[0].props.word", "triggers[1].component_code", "triggers[2].component_key"],
  );
});

test("changing a source's props keeps the source; dropping the trigger deletes it", async () => {
  const workflow = await TestWorkflow.create(server, { triggers: [trigger("one")] });
  const [before] = workflow.data.triggers;
  await workflow.put({ triggers: [trigger("two")] });
  const [after] = workflow.data.triggers;
  assert.equal(after?.id, before?.id);
  assert.equal((after?.["configured_props"] as { word: string } | undefined)?.word, "two");
  const first = (await server.call("GET", `/workflows/${workflow.id}/versions`)).body as { data: { id: string }[] };
  await workflow.put({ triggers: [] });
  assert.equal((await server.call("GET", `/sources/${before?.id}`)).status, 404);
  const path = `/workflows/${workflow.id}/rollback`;
  const back = await server.call("POST", path, { deployment_id: first.data[0]?.id });
  assert.equal(back.status, 200, JSON.stringify(back.body));
  const [again] = (back.body as { data: { triggers: { configured_props: { word: string } }[] } }).data.triggers;
  assert.equal(again?.configured_props.word, "two");
});

test("deactivating a workflow deactivates its own sources, and activating brings them back", async () => {
  const workflow = await TestWorkflow.create(server, { triggers: [trigger()] });
  const isActive = (): unknown => workflow.data.triggers[0]?.["active"];
  await workflow.put({ active: false });
  assert.equal(isActive(), false);
  await workflow.put({ active: true });
  assert.equal(isActive(), true);
});

test("a workflow listens and emits like a source: subscriptions know it", async () => {
  const source = await TestSource.deploy(server, { code: `{ run() {} }` });
  const { id } = await TestWorkflow.create(server, {});
  const subscribe = (emitter: string, listener: string) =>
    server.call("POST", `/subscriptions?emitter_id=${emitter}&listener_id=${listener}`);
  assert.equal((await subscribe(source.id, id)).status, 200);
  assert.equal((await subscribe(id, source.id)).status, 200);
  assert.equal((await subscribe("p_no", id)).status, 404);
  assert.equal((await subscribe(id, id)).status, 409);
});
