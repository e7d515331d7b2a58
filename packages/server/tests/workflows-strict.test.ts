import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { nodeStep, returned, runToEnd, workflowOf } from "../testing/test-runs.ts";
import { startTestServer, type TestServer } from "../testing/test-server.ts";
import { problemsIn, TestWorkflow } from "../testing/test-workflow.ts";

let server: TestServer;
before(async () => (server = await startTestServer()));
after(() => server.close());

/** What is wrong with a workflow, as `path: message`. */
async function problems(body: object): Promise<string[]> {
  const reply = await server.call("POST", "/workflows", body);
  assert.equal(reply.status, 400, JSON.stringify(reply.body));
  return problemsIn(reply);
}

test("fields that nobody knows are refused, each with its path", async () => {
  const inner = nodeStep("inner", "", { retries: 1 });
  const found = await problems({
    steps: [
      nodeStep("a", "", { retry: { max_attempts: 2, delay: 1 }, colour: "red" }),
      nodeStep("b", "", { type: "action" }),
      { namespace: "c", type: "if", condition: "true", steps: [inner], otherwise: [] },
      { namespace: "d", type: "parallel", branches: [{ slug: "x", steps: [], name: "X" }], steps: [] },
      { namespace: "e", type: "end", code: "1" },
    ],
    triggers: [
      { type: "http", url: "x", props: { customResponse: true, static_response: { code: 200 } } },
      { type: "timer", props: { interval_seconds: 60, every: 1 } },
      { type: "email", props: { address: "x" } },
      { type: "source", source_id: "dc_x", props: { a: 1 }, active: true },
    ],
    settings: { title: "x", throttle: { limit: 1, per: 2 } },
  });
  const unknown = [
    ...["settings.throttle.per", "settings.title", "steps[0].colour", "steps[0].retry.delay"],
    ...[
      "steps[2].otherwise",
      "steps[2].steps[0].retries",
      "steps[3].branches[0].name",
      "steps[3].steps",
      "steps[4].code",
    ],
    ...["triggers[0].props.customResponse", "triggers[0].props.static_response.code", "triggers[0].url"],
    ...["triggers[1].props.every", "triggers[2].props.address", "triggers[3].active"],
  ].map((path) => `${path}: is not known here`);
  const others = found.filter((line) => !line.endsWith("is not known here"));
  assert.deepEqual(
    found.filter((line) => line.endsWith("is not known here")),
    unknown.toSorted(),
  );
  assert.match(
    others.join("\n"),
    /^steps\[1\]\.type: must be one of if, .*\n.*triggers\[3\]\.props: are the source's own/s,
  );
});

test("props that a step does not have are refused, those of Python and Bash too", async () => {
  const component_code = `export default { name: "Two", version: "0.0.1", props: { a: { type: "string" } }, run() {} }`;
  const saved = await server.call("POST", "/components", { component_code });
  const component_id = (saved.body as { data: { id: string } }).data.id;
  const found = await problems({
    steps: [
      { namespace: "saved", component_id, props: { a: "x", b: "y" } },
      nodeStep("inline", "", { props: { c: 1 } }),
      {
        namespace: "py",
        lang: "python3.12",
        code: "def handler(pd):\n  pass\n",
        inputs: { i: { type: "any" } },
        props: { i: 1, j: 2 },
      },
      { namespace: "sh", lang: "bash", code: "true", props: { k: 1 } },
    ],
  });
  const paths = ["steps[0].props.b", "steps[1].props.c", "steps[2].props.j", "steps[3].props.k"];
  assert.deepEqual(
    found,
    paths.map((path) => `${path}: is no prop of this step`),
  );
});

const RELOADING = `export default {
  props: { kind: { type: "string", reloadProps: true } },
  async additionalProps() {
    if (this.kind === "broken") throw new Error("the service is away");
    if (this.kind !== "table") return {};
    return {
      columns: { type: "string[]" }, note: { type: "string", default: "as usual" },
      ...(this.columns && Object.fromEntries(this.columns.map((name) => [name, { type: "integer", min: 1 }]))),
    };
  },
  run() { return { kind: this.kind, note: this.note, a: this.a ?? null, extra: this.extra ?? null }; },
}`;

test("props that additionalProps makes are known, checked, and have their defaults; others are refused", async () => {
  const step = (props: object) => ({ namespace: "s", code: RELOADING, props });
  const workflow = await workflowOf(server, [step({ kind: "table", columns: ["a"], a: 5 })]);
  assert.deepEqual(returned(await runToEnd(workflow))["s"], { kind: "table", note: "as usual", a: 5, extra: null });

  assert.deepEqual(await problems({ steps: [step({ kind: "table" })] }), ["steps[0].props.columns: is required"]);
  const [wrong, unknown] = await problems({ steps: [step({ kind: "table", columns: ["a"], a: "x", b: 1 })] });
  assert.match(wrong ?? "", /^steps\[0\]\.props\.a: must be/);
  assert.equal(unknown, "steps[0].props.b: is no prop of this step");
  assert.deepEqual(await problems({ steps: [step({ kind: "plain", a: 5 })] }), [
    "steps[0].props.a: is no prop of this step",
  ]);

  const kept = await workflow.put({ settings: { name: "renamed" }, steps: [{ namespace: "s" }] });
  assert.match(String(kept.steps[0]?.configured_props_json), /"a":5/);
  assert.deepEqual(returned(await runToEnd(workflow))["s"], { kind: "table", note: "as usual", a: 5, extra: null });
});

test("when additionalProps fails, what is configured is taken as it is", async () => {
  const workflow = await workflowOf(server, [
    { namespace: "s", code: RELOADING, props: { kind: "broken", extra: "x" } },
  ]);
  assert.equal((returned(await runToEnd(workflow))["s"] as { extra: string }).extra, "x");
});

test("what overrides a template is as strict", async () => {
  const original = await TestWorkflow.create(server, { steps: [nodeStep("a", "")], triggers: [{ type: "email" }] });
  const made = await server.call("POST", "/templates", { workflow_id: original.id });
  const template_id = (made.body as { data: { id: string } }).data.id;
  const overrides = { steps: [{ namespace: "a", code: "1" }], triggers: [{ type: "http", props: {} }, { name: "x" }] };
  assert.deepEqual(await problems({ template_id, ...overrides }), [
    "steps[0].code: is not known here",
    "triggers[0].type: is not that of the template's trigger",
    "triggers[1].props: the template has no trigger 1",
  ]);
});

test("a Bash step that exits with another code than 0 shows it and does not stop the run", async () => {
  const steps = [
    { namespace: "sh", lang: "bash", code: `echo 'a:json=1' >> $PIPEDREAM_EXPORTS; exit 3` },
    { namespace: "fine", lang: "bash", code: "true" },
    nodeStep("after", "return steps.sh.$exit_code;"),
  ];
  const run = await runToEnd(await workflowOf(server, steps));
  assert.equal(run.status, "success");
  const [sh, fine] = run.steps;
  assert.deepEqual([sh?.status, sh?.exports, fine?.exports], ["success", { $exit_code: 3, a: 1 }, {}]);
  assert.equal(returned(run)["after"], 3);
});
