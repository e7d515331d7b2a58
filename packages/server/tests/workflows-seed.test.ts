import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startTestServer, type TestServer } from "../testing/test-server.ts";
import { TestSource } from "../testing/test-source.ts";
import { assertShape } from "../testing/index.ts";
import { cell, emailTrigger, httpTrigger, timerTrigger, workflowSource } from "./seed/shapes.ts";

// The workflow examples of the primary source: a template with steps and triggers of every kind, and what is made of it.

let server: TestServer;
let accountId: string;
let existing: TestSource;
before(async () => {
  server = await startTestServer();
  await server.call("POST", "/components", { component_code: KEYAUTH });
  const account = await server.call("POST", "/accounts", { app: "keyauth", credentials: { api_key: "k" } });
  accountId = (account.body as { data: { id: string } }).data.id;
  existing = await TestSource.deploy(server, {
    code: `{ name: "Emit hello world", run() {} }`,
    name: "Emit hello world",
  });
});
after(() => server.close());

const CODE = `export default defineComponent({
  props: { stringProp: { type: "string" }, intProp: { type: "integer" } },
  async run({ steps, $ }) {
    console.log(this.stringProp)
    return steps.trigger.event
  },
})`;
const PYTHON = `def handler(pd: "pipedream"):\n    return {"foo": {"test": True}}\n`;
const KEYAUTH = `const keyauth = { type: "app", app: "keyauth", propDefinitions: {} }

export default {
  name: "Key auth hello world", version: "0.0.1", key: "keyauth-hello-world", type: "action",
  description: "simple hello world with dev keyauth app.",
  props: { keyauth },
  async run() { return this.keyauth.$auth.api_key },
}`;
const SOURCE = `export default {
  name: "oauth-test-source", key: "oauth-test-source", version: "0.0.1",
  props: { oauth: { type: "app", app: "keyauth" }, string: { type: "string" } },
  run() { this.oauth.$auth },
}`;

async function createTemplate(): Promise<string> {
  const reply = await server.call("POST", "/templates", {
    name: "Seed",
    definition: {
      steps: [
        { namespace: "code", code: CODE, lang: "nodejs20.x", props: { intProp: 5 } },
        { namespace: "python", code: PYTHON, lang: "python3.12" },
        { namespace: "keyauth_hello_world", component_key: "keyauth-hello-world" },
      ],
      triggers: [
        { type: "http" },
        { type: "source", source_id: existing.id },
        { type: "timer", props: { interval_seconds: 3600, timezone: "America/New_York" } },
        { type: "source", component_code: SOURCE },
        { type: "email" },
      ],
    },
  });
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  return (reply.body as { data: { id: string } }).data.id;
}

interface Workflow {
  id: string;
  name: string;
  steps: { namespace: string; configured_props_json: string | null; lang: string }[];
  triggers: { id: string; configured_props?: unknown }[];
}

test("Create a Workflow: from a template, with steps and triggers overridden", async () => {
  const reply = await server.call("POST", "/workflows", {
    project_id: server.projectId,
    org_id: server.orgId,
    template_id: await createTemplate(),
    steps: [
      { namespace: "code", props: { stringProp: "asdf" } },
      { namespace: "keyauth_hello_world", props: { keyauth: { authProvisionId: accountId } } },
    ],
    triggers: [{ props: { oauth: { authProvisionId: accountId }, string: "jkl" } }],
    settings: { name: "example workflow name", auto_deploy: true },
  });
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  const { data } = reply.body as { data: Workflow & Record<string, unknown> };
  assert.match(data.id, /^p_\w{7,}$/);
  assert.equal(data.name, "example workflow name");
  assert.equal(data["active"], true);
  assertShape(data.steps, [cell]);
  for (const [index, shape] of [httpTrigger, workflowSource, timerTrigger, workflowSource, emailTrigger].entries()) {
    assertShape(data.triggers[index], shape, `triggers[${index}]`);
  }
  assert.deepEqual(
    data.steps.map(({ namespace, lang, configured_props_json: props }) => [
      namespace,
      lang,
      props && (JSON.parse(props) as object),
    ]),
    [
      ["code", "nodejs20.x", { stringProp: "asdf", intProp: 5 }],
      ["python", "python3.12", null],
      ["keyauth_hello_world", "nodejs24.x", { keyauth: { authProvisionId: accountId } }],
    ],
  );
  assert.equal(data.triggers[1]?.id, existing.id);
  assert.deepEqual(data.triggers[3]?.configured_props, { oauth: { authProvisionId: accountId }, string: "jkl" });
});

test("Update a Workflow, and Get a Workflow's details: bare, without an envelope", async () => {
  const made = await server.call("POST", "/workflows", {
    steps: [{ namespace: "code", code: CODE, props: { stringProp: "a", intProp: 1 } }],
    triggers: [{ type: "http" }],
  });
  const { id } = (made.body as { data: Workflow }).data;
  const put = await server.call("PUT", `/workflows/${id}`, { active: false, org_id: server.orgId });
  assert.equal(put.status, 200);
  assert.equal((put.body as { data: { active: boolean } }).data.active, false);
  const got = (await server.call("GET", `/workflows/${id}?org_id=${server.orgId}`)).body as Workflow;
  assertShape(got.triggers, [httpTrigger]);
  assertShape(got.steps, [cell]);
});
