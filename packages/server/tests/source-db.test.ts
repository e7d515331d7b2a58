import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startTestServer, type TestServer } from "../testing/index.ts";
import { TestWorkflow } from "../testing/test-workflow.ts";

let server: TestServer;
before(async () => {
  server = await startTestServer();
});
after(() => server.close());

async function made<Data>(path: string, body: object): Promise<Data> {
  const reply = await server.call("POST", path, body);
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  return (reply.body as { data: Data }).data;
}

interface DbPage {
  page_info: { total_count: number; end_cursor: string };
  data: { key: string; value: unknown; size_bytes: number }[];
}

test("what a source keeps is listed by key, page by page, and a key can be deleted", async () => {
  const component_code = `export default { name: "Keeper", version: "0.0.1", props: { db: "$.service.db" },
    run() { this.db.set("b/c", { n: 1 }); this.db.set("a", this.db.get("a") === undefined ? "first" : "again"); this.db.set("z", null); } };`;
  const { id } = await made<{ id: string }>("/sources", { component_code, name: "keeper" });
  await made(`/sources/${id}/run`, {});
  const list = async (query = "") => (await server.call("GET", `/sources/${id}/db${query}`)).body as DbPage;
  const first = await list("?limit=2");
  assert.deepEqual(first.data, [
    { key: "a", value: "first", size_bytes: 7 },
    { key: "b/c", value: { n: 1 }, size_bytes: 7 },
  ]);
  assert.equal(first.page_info.total_count, 3);
  const second = await list(`?limit=2&after=${first.page_info.end_cursor}`);
  assert.deepEqual(second.data, [{ key: "z", value: null, size_bytes: 4 }]);
  for (const key of ["a", "b%2Fc"]) {
    assert.equal((await server.call("DELETE", `/sources/${id}/db/${key}`)).status, 204);
    assert.equal((await server.call("DELETE", `/sources/${id}/db/${key}`)).status, 404);
  }
  assert.deepEqual(
    (await list()).data.map(({ key }) => key),
    ["z"],
  );
  await made(`/sources/${id}/run`, {});
  assert.equal((await list()).data[0]?.value, "first", "the next run did without");
});

test("what uses an account is told: sources, and workflows with the steps of the version that runs", async () => {
  const { id } = await made<{ id: string }>("/accounts", { app: "slack_bot", credentials: { bot_token: "x" } });
  const uses = async () => {
    const { body } = await server.call("GET", `/accounts/${id}/uses`);
    return (body as { data: { sources: object[]; workflows: object[] } }).data;
  };
  assert.deepEqual(await uses(), { sources: [], workflows: [] });
  const slack = `slack: { type: "app", app: "slack_bot" }`;
  const code = `export default defineComponent({ props: { ${slack} }, async run() { return this.slack.$auth; } })`;
  const plain = `export default defineComponent({ async run() { return "${id}"; } })`;
  const props = { slack: { authProvisionId: id } };
  const inside = { namespace: "inside", code, props };
  const steps = [
    { namespace: "other", code: plain },
    { namespace: "check", type: "if", condition: "true", steps: [inside] },
  ];
  const workflow = await TestWorkflow.create(server, { steps, settings: { name: "Notify" } });
  const component_code = `export default { name: "S", version: "0.0.1", props: { ${slack}, note: "string" }, run() { this.slack.$auth; } };`;
  const source = await made<{ id: string }>("/sources", {
    ...{ component_code, name: "watcher" },
    configured_props: { ...props, note: "n" },
  });
  assert.deepEqual(await uses(), {
    sources: [{ id: source.id, name: "watcher", active: true }],
    workflows: [{ id: workflow.id, name: "Notify", active: workflow.data.active, steps: ["inside"] }],
  });
  await workflow.put({ steps: [{ namespace: "other", code: plain }] });
  assert.deepEqual((await uses()).workflows, []);
});

test("an HTTP trigger shows its settings, its token never", async () => {
  const static_response = { status: 201, headers: { "x-a": "b" }, body: "hi" };
  const props = { authorization: "bearer", bearer_token: "canary-token-1", body_only: true, static_response };
  const workflow = await TestWorkflow.create(server, { steps: [], triggers: [{ type: "http", props }] });
  const { triggers } = await workflow.get();
  const {
    authorization,
    body_only,
    custom_response,
    static_response: shown,
  } = (triggers[0] ?? {}) as Record<string, unknown>;
  assert.deepEqual([authorization, body_only, custom_response, shown], ["bearer", true, false, static_response]);
  assert.ok(!JSON.stringify(triggers).includes("canary-token-1"));
});
