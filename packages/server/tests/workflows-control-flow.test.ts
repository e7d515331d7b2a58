import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startTestServer, type TestServer } from "../testing/test-server.ts";
import { problemsIn, TestWorkflow } from "../testing/test-workflow.ts";

let server: TestServer;
before(async () => (server = await startTestServer()));
after(() => server.close());

const step = (props: string, body = "return 1"): string =>
  `export default defineComponent({ props: ${props}, async run({ steps, $ }) { ${body} } })`;
type Block = Record<string, unknown>;
const refused = (body: object) => server.call("POST", "/workflows", body);

test("control flow reads as it was written", async () => {
  const inner = (namespace: string) => ({ namespace, code: step("{}") });
  const steps = [
    {
      namespace: "check",
      type: "if",
      condition: "steps.trigger.event.body.n > 1",
      steps: [inner("yes")],
      else: [inner("no")],
    },
    {
      namespace: "route",
      type: "switch",
      cases: [{ slug: "big", condition: "{{ steps.yes }}", steps: [inner("big_one")] }],
      default: [{ namespace: "stop", type: "end", reason: "nothing to do" }],
    },
    {
      namespace: "both",
      type: "parallel",
      branches: [
        { slug: "l", steps: [inner("l1")] },
        { slug: "r", steps: [] },
      ],
    },
    { namespace: "each", type: "loop", over: "{{ steps.trigger.event.list }}", steps: [inner("item")] },
  ];
  const { data } = await TestWorkflow.create(server, { steps });
  const [check, route, both, each] = data.steps as unknown as [Block, Block, Block, Block];
  const names = (list: unknown) =>
    (list as { namespace: string; type: string }[]).map(({ namespace, type }) => `${type} ${namespace}`);
  assert.deepEqual(names(data.steps), ["if check", "switch route", "parallel both", "loop each"]);
  assert.deepEqual([names(check["steps"]), names(check["else"])], [["CodeCell yes"], ["CodeCell no"]]);
  assert.equal(check["condition"], "steps.trigger.event.body.n > 1");
  assert.deepEqual(names(route["default"]), ["end stop"]);
  assert.deepEqual(
    (both["branches"] as { slug: string; condition: unknown }[]).map(({ slug, condition }) => [slug, condition]),
    [
      ["l", null],
      ["r", null],
    ],
  );
  assert.equal(each["over"], "{{ steps.trigger.event.list }}");
});

test("problems inside control flow have their whole path, and namespaces are unique over all of it", async () => {
  const reply = await refused({
    steps: [
      { namespace: "a", type: "if", steps: [{ namespace: "a", code: step("{}") }] },
      {
        namespace: "b",
        type: "switch",
        cases: [{ slug: "x", condition: "1 +", steps: [{ namespace: "c", component_id: "sc_no" }] }],
      },
      { namespace: "d", type: "parallel", branches: [] },
      { namespace: "e", type: "loop", over: "{{ steps.x", steps: [] },
    ],
  });
  assert.deepEqual(
    problemsIn(reply).map((problem) => problem.split(": ")[0]),
    [
      "steps[0].condition",
      "steps[0].steps[0].namespace",
      "steps[1].cases[0].condition",
      "steps[1].cases[0].steps[0].component_id",
      "steps[2].branches",
      "steps[3].over",
    ],
  );
});
