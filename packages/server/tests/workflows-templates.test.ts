import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { addUser } from "../testing/index.ts";
import { startTestServer, type TestServer } from "../testing/test-server.ts";
import { problemsIn, TestWorkflow } from "../testing/test-workflow.ts";

let server: TestServer;
before(async () => (server = await startTestServer()));
after(() => server.close());

const CODE = `export default { props: { a: { type: "string" }, k: { type: "string", secret: true, optional: true } }, run() {} }`;

interface Template {
  id: string;
  name: string;
  definition: { steps: Record<string, unknown>[]; triggers: unknown[]; settings: Record<string, unknown> };
}
async function template(body: object): Promise<Template> {
  const reply = await server.call("POST", "/templates", body);
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  return (reply.body as { data: Template }).data;
}

test("a template of a workflow has all of it but its accounts and secrets, and makes an equal workflow", async () => {
  const workflow = await TestWorkflow.create(server, {
    steps: [
      { namespace: "one", code: CODE, props: { a: "x", k: "hush" }, retry: { max_attempts: 3 } },
      { namespace: "two", type: "if", condition: "true", steps: [{ namespace: "three", lang: "bash", code: "echo" }] },
    ],
    triggers: [
      { type: "http", props: { body_only: true, static_response: { status: 201, body: "ok" } } },
      { type: "timer", props: { cron: "0 9 * * *", timezone: "Europe/Berlin" } },
    ],
    settings: { name: "original", timeout_s: 12 },
  });
  const made = await template({ workflow_id: workflow.id });
  assert.equal(made.name, "original");
  assert.deepEqual(made.definition.steps[0]?.["props"], { a: "x" });
  assert.deepEqual((await server.call("GET", `/templates/${made.id}`)).body, { data: made });
  const copy = await TestWorkflow.create(server, { template_id: made.id, settings: { name: "copy" } });
  const shape = (data: TestWorkflow["data"]): unknown =>
    JSON.parse(
      JSON.stringify(data.steps)
        .replaceAll(/"c_\w+"/g, '"c"')
        .replaceAll(/,?\\"k\\":\\"\*+\\"/g, ""),
    );
  assert.deepEqual(shape(copy.data), shape(workflow.data));
  assert.deepEqual([copy.data.name, copy.data.settings["timeout_s"]], ["copy", 12]);
  assert.deepEqual(
    copy.data.triggers.map(({ cron, custom_response }) => [cron, custom_response]),
    [
      [undefined, false],
      ["0 9 * * *", undefined],
    ],
  );
});

test("what does not fit the template is named, and so is what the template lacks", async () => {
  const { id } = await template({
    name: "t",
    definition: {
      steps: [
        { namespace: "one", code: CODE },
        { namespace: "gone", component_key: "not-there-any-more" },
      ],
      triggers: [{ type: "http" }],
    },
  });
  const reply = await server.call("POST", "/workflows", {
    template_id: id,
    steps: [
      { namespace: "other", props: {} },
      { namespace: "one", props: { a: { no: 1 } } },
    ],
    triggers: [{ props: {} }, { props: { x: 1 } }],
  });
  assert.equal(reply.status, 400);
  assert.deepEqual(
    problemsIn(reply).map((problem) => problem.split(": ")[0]),
    ["steps[0].namespace", "steps[1].props.a", "template.steps[1].component_key", "triggers[1].props"],
  );
});

test("a definition that could never be one is no template", async () => {
  const reply = await server.call("POST", "/templates", {
    name: "t",
    definition: { steps: [{ namespace: "a b" }], triggers: [{ type: "fax" }], settings: { timeout_s: 0 } },
  });
  assert.deepEqual(
    problemsIn(reply).map((problem) => problem.split(": ")[0]),
    ["definition.settings.timeout_s", "definition.steps[0].namespace", "definition.triggers[0].type"],
  );
  assert.equal((await server.call("POST", "/templates", { name: "t" })).status, 400);
});

test("workflows, templates and variables of another workspace are as unknown as any other", async () => {
  const { id } = await TestWorkflow.create(server, {});
  const { id: templateId } = await template({ workflow_id: id });
  const stranger = await addUser(server.db);
  const status = async (method: string, path: string, body?: object): Promise<number> => {
    const headers = { authorization: `Bearer ${stranger.apiKey}`, "content-type": "application/json" };
    const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
    return (await fetch(`${server.url}/v1${path}`, init)).status;
  };
  assert.deepEqual(
    [
      await status("GET", `/workflows/${id}`),
      await status("PUT", `/workflows/${id}`, { active: false }),
      await status("DELETE", `/workflows/${id}`),
      await status("GET", `/workflows/${id}/versions`),
      await status("POST", `/workflows/${id}/rollback`, { deployment_id: "d_x" }),
      await status("GET", `/templates/${templateId}`),
      await status("POST", "/templates", { workflow_id: id }),
      await status("POST", "/workflows", { template_id: templateId }),
      await status("POST", "/workflows", { project_id: server.projectId }),
      await status("PUT", `/projects/${server.projectId}/env`, { A: "1" }),
      await status("PUT", `/workspaces/${server.orgId}/env`, { A: "1" }),
    ],
    Array.from({ length: 11 }, () => 404),
  );
});

test("variables are set, listed by name and removed, and their values are never shown", async () => {
  const path = `/projects/${server.projectId}/env`;
  const put = await server.call("PUT", path, { API_KEY: "hush-hush", other: "x" });
  assert.equal(put.status, 200);
  const names = (body: unknown): string[] => (body as { data: { name: string }[] }).data.map(({ name }) => name);
  assert.deepEqual(names(put.body), ["API_KEY", "other"]);
  await server.call("PUT", path, { other: null });
  const got = await server.call("GET", path);
  assert.deepEqual(names(got.body), ["API_KEY"]);
  assert.ok(!JSON.stringify([put.body, got.body]).includes("hush"));
  const { rows } = await server.db.query<{ sealed_value: string }>("select sealed_value from environment_variables");
  assert.ok(rows.every((row) => !row.sealed_value.includes("hush")));
  assert.deepEqual(names((await server.call("GET", `/workspaces/${server.orgId}/env`)).body), []);
});

test("names that no environment could have, and values too large, are refused together", async () => {
  const reply = await server.call("PUT", `/workspaces/${server.orgId}/env`, {
    "1A": "x",
    "A-B": "x",
    PIPEDREAM_X: "x",
    BIG: "x".repeat(65_537),
    OK: "x",
  });
  assert.equal(reply.status, 400);
  assert.deepEqual(
    problemsIn(reply).map((problem) => problem.split(": ")[0]),
    ["1A", "A-B", "BIG", "PIPEDREAM_X"],
  );
  assert.equal((await server.call("PUT", `/workspaces/${server.orgId}/env`, { N: 5 })).status, 400);
});
