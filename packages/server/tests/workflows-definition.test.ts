import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startTestServer, type TestServer } from "../testing/test-server.ts";
import { problemsIn, TestWorkflow, type Refusal } from "../testing/test-workflow.ts";

let server: TestServer;
before(async () => (server = await startTestServer()));
after(() => server.close());

const step = (props: string, body = "return 1"): string =>
  `export default defineComponent({ props: ${props}, async run({ steps, $ }) { ${body} } })`;
const refused = (body: object) => server.call("POST", "/workflows", body);

async function rowCounts(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of [
    "workflows",
    "workflow_versions",
    "workflow_triggers",
    "endpoints",
    "timers",
    "sources",
    "components",
  ]) {
    const { rows } = await server.db.query<{ count: number }>(`select count(*) as count from ${table}`);
    counts[table] = rows[0]?.count ?? 0;
  }
  return counts;
}

test("every problem is listed with its path, and nothing is stored", async () => {
  const before = await rowCounts();
  const reply = await refused({
    steps: [
      {
        namespace: "a",
        code: step(`{ n: { type: "integer" }, s: { type: "string" } }`),
        props: { n: "many", s: "{{ steps. }}" },
      },
      { namespace: "a", code: step("{}") },
      { namespace: "1b", code: step("{}") },
      { namespace: "trigger", code: step("{}") },
      { code: step("{}") },
      { namespace: "c", component_key: "nobody-knows" },
      { namespace: "d", code: "x", lang: "cobol" },
      { namespace: "e" },
      {
        namespace: "f",
        code: step(`{ db: { type: "app", app: "slack" } }`, "this.db.$auth"),
        props: { db: { authProvisionId: "apn_no" } },
      },
      { namespace: "g", code: "export default {" },
      { namespace: "h", code: step("{}"), retry: { max_attempts: 0 } },
      { namespace: "i", code: step(`{ store: { type: "data_store" } }`), props: { store: "ds_no" } },
      "not a step",
    ],
    triggers: [
      { type: "timer", props: { cron: "61 * * * *" } },
      { type: "timer", props: { cron: "0 0 30 2 *" } },
      { type: "timer", props: { interval_seconds: 60, timezone: "Mars/Olympus" } },
      { type: "timer", props: {} },
      {
        type: "http",
        props: { authorization: "magic", static_response: { status: 99, headers: { "bad name": "x" } } },
      },
      { type: "http", props: { authorization: "bearer" } },
      { type: "source", source_id: "dc_no" },
      { type: "source" },
      { type: "fax" },
    ],
    settings: { timeout_s: 751, memory_mb: 64, throttle: { limit: -1 }, name: "", colour: "red", concurrency: 0 },
  });
  assert.equal(reply.status, 400);
  const problems = problemsIn(reply);
  assert.deepEqual(
    problems.map((problem) => problem.split(":")[0]),
    [
      "settings.colour",
      "settings.concurrency",
      "settings.memory_mb",
      "settings.name",
      "settings.throttle.limit",
      "settings.timeout_s",
      "steps[0].props.n",
      "steps[0].props.s",
      "steps[12]",
      "steps[1].namespace",
      "steps[2].namespace",
      "steps[3].namespace",
      "steps[4].namespace",
      "steps[5].component_key",
      "steps[6].lang",
      "steps[7]",
      "steps[8].props.db",
      "steps[9].code",
      "steps[10].retry.max_attempts",
      "steps[11].props.store",
      "triggers[0].props.cron",
      "triggers[1].props.cron",
      "triggers[2].props.timezone",
      "triggers[3].props.interval_seconds",
      "triggers[4].props.authorization",
      "triggers[4].props.static_response.headers.bad name",
      "triggers[4].props.static_response.status",
      "triggers[5].props.bearer_token",
      "triggers[6].source_id",
      "triggers[7].source_id",
      "triggers[8].type",
    ].toSorted(),
    problems.join("\n"),
  );
  assert.deepEqual(await rowCounts(), before);
});

test("code that does not load is 422 with its path and the user's stack", async () => {
  const before = await rowCounts();
  const reply = await refused({
    steps: [{ namespace: "boom", code: `throw new Error("at import"); export default {}` }],
  });
  assert.equal(reply.status, 422);
  const { code, details } = reply.body as Refusal;
  assert.equal(code, "component_invalid");
  assert.equal(details?.[0]?.path, "steps[0].code");
  assert.match(details?.[0]?.message ?? "", /at import/);
  assert.deepEqual(await rowCounts(), before);
});

test("a source, an app or a component without run cannot be a step", async () => {
  const reply = await refused({
    steps: [
      { namespace: "a", code: `export default { type: "app", app: "slack" }` },
      { namespace: "b", code: `export default { key: "a-source", type: "source", run() {} }` },
      { namespace: "c", code: `export default { props: { t: { type: "$.interface.timer" } }, run() {} }` },
      { namespace: "d", code: `export default { type: "action", name: "x" }` },
    ],
  });
  assert.equal(reply.status, 400);
  assert.deepEqual(
    problemsIn(reply).map(
      (problem) => /\]\.code: (is an app|is a source|declares a prop|has no run)/.exec(problem)?.[1],
    ),
    ["is an app", "is a source", "declares a prop", "has no run"],
  );
});

test("steps have the props that their components need, with defaults", async () => {
  const code = step(
    `{ must: { type: "string" }, may: { type: "string", optional: true }, has: { type: "integer", default: 3 } }`,
  );
  const reply = await refused({ steps: [{ namespace: "a", code }] });
  assert.deepEqual(problemsIn(reply), ["steps[0].props.must: is required"]);
  const { data } = await TestWorkflow.create(server, {
    steps: [{ namespace: "a", code, props: { must: "{{ steps.trigger.event }}" } }],
  });
  assert.deepEqual(JSON.parse(data.steps[0]?.configured_props_json ?? ""), {
    must: "{{ steps.trigger.event }}",
    has: 3,
  });
});

test("secret props are masked in replies and sealed at rest, and the mask keeps them", async () => {
  const steps = [
    { namespace: "a", code: step(`{ key: { type: "string", secret: true } }`), props: { key: "hush-hush" } },
  ];
  const workflow = await TestWorkflow.create(server, { steps });
  const shown = workflow.data.steps[0]?.configured_props_json ?? "";
  assert.deepEqual(JSON.parse(shown), { key: "********" });
  await workflow.put({ steps: [{ namespace: "a", props: JSON.parse(shown) as object }] });
  const { rows } = await server.db.query<{ definition: string }>("select definition from workflow_versions");
  assert.ok(rows.every((row) => !row.definition.includes("hush-hush") && !row.definition.includes("********")));
});

test("Python and Bash steps are saved like components, and Python steps declare inputs", async () => {
  const { data } = await TestWorkflow.create(server, {
    steps: [
      {
        namespace: "py",
        lang: "python3.12",
        code: "def handler(pd):\n  return 1\n",
        inputs: { n: { type: "integer" } },
        props: { n: "7" },
      },
      { namespace: "sh", lang: "bash", code: "echo 1\n" },
    ],
  });
  const [py, sh] = data.steps as unknown as {
    lang: string;
    savedComponent: { id: string; code: string; configurableProps: unknown };
    configured_props_json: string | null;
  }[];
  assert.deepEqual([py?.lang, sh?.lang], ["python3.12", "bash"]);
  assert.deepEqual(py?.savedComponent.configurableProps, [{ name: "n", type: "integer" }]);
  assert.equal(py?.configured_props_json, `{"n":7}`);
  assert.equal(sh?.savedComponent.code, "echo 1\n");
  assert.match(sh?.savedComponent.id ?? "", /^sc_/);
});

test("a saved component and one of the registry are steps by id and by key", async () => {
  const component_code = `export default { key: "my-action", name: "My", version: "0.1.0", type: "action", run() {} }`;
  const saved = (await server.call("POST", "/components", { component_code })).body as { data: { id: string } };
  const { data } = await TestWorkflow.create(server, {
    steps: [
      { namespace: "by_id", component_id: saved.data.id },
      { namespace: "by_key", component_key: "my-action" },
    ],
  });
  const cells = data.steps as unknown as { savedComponent: { id: string; version: string }; component_key: string }[];
  assert.deepEqual(
    cells.map((cell) => [cell.savedComponent.id, cell.savedComponent.version, cell.component_key]),
    [1, 2].map(() => [saved.data.id, "0.1.0", "my-action"]),
  );
});

test("settings have defaults, and are shown", async () => {
  const plain = await TestWorkflow.create(server, {});
  assert.deepEqual(plain.data.settings, {
    name: "Untitled workflow",
    ...{ timeout_s: 30, memory_mb: 256, concurrency: null, throttle: null, queue_size: 10_000 },
    ...{ retain_s: null, auto_retry: false, error_emails: true },
  });
  const settings = {
    name: "n",
    timeout_s: 5,
    memory_mb: 512,
    concurrency: 1,
    throttle: { limit: 0, interval_s: 60 },
    retain_s: 60,
  };
  const { data } = await TestWorkflow.create(server, { settings });
  assert.deepEqual(data.settings, { ...plain.data.settings, ...settings });
});

test("a project must be the workspace's, and workflows are listed by it", async () => {
  assert.equal((await refused({ project_id: "proj_no" })).status, 404);
  const { id } = await TestWorkflow.create(server, { project_id: server.projectId, settings: { name: "in project" } });
  const { body } = await server.call("GET", `/workflows?project_id=${server.projectId}`);
  const { data, page_info } = body as {
    data: { id: string; name: string; project_id: string }[];
    page_info: { total_count: number };
  };
  assert.deepEqual(
    data.map((one) => [one.id, one.name, one.project_id]),
    [[id, "in project", server.projectId]],
  );
  assert.equal(page_info.total_count, 1);
});
