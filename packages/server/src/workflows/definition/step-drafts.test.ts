import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json, JsonObject } from "@millrace/runner";
import fc from "fast-check";
import {
  DEFAULT_SETTINGS,
  Fields,
  leavesOf,
  mergeTemplate,
  Problems,
  readSettings,
  readSteps,
  readTriggers,
} from "./index.ts";
import type { StepDraft } from "./index.ts";

const reading = (problems: Problems) => ({ problems, namespaces: new Map<string, string>(), depth: 1 });
const anyJson = fc.jsonValue({ maxDepth: 5 }) as fc.Arbitrary<Json>;
const shaped = fc.record(
  {
    type: fc.constantFrom<Json>("if", "switch", "parallel", "loop", "end", "http", "timer", "email", "source", null, 1),
    namespace: fc.constantFrom<Json>("a", "b", "c d", 7),
    ...{ condition: anyJson, steps: fc.array(anyJson), cases: fc.array(anyJson), branches: anyJson, over: anyJson },
    ...{
      code: anyJson,
      lang: anyJson,
      props: anyJson,
      inputs: anyJson,
      retry: anyJson,
      disabled: anyJson,
      id: anyJson,
    },
  },
  { requiredKeys: [] },
);

test("whatever a request holds, reading it names problems and never throws", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(anyJson, shaped)), fc.dictionary(fc.string(), anyJson), (list, settings) => {
      const problems = new Problems();
      readSteps(list, { path: "steps", reading: reading(problems) });
      readTriggers(list, { problems });
      readSettings(new Fields(settings, { path: "settings", problems }), DEFAULT_SETTINGS);
      const overrides = { steps: list as Json[], triggers: list as Json[], settings };
      const template = { steps: list as Json[], triggers: list as Json[], settings };
      mergeTemplate(template, { overrides, problems, propNames: [] });
      assert.ok(problems.found.every(({ path, message }) => path !== "" && message !== ""));
    }),
  );
});

test("code is found in its order, however deep it lies", () => {
  const leaf = (namespace: string): JsonObject => ({ namespace, code: "x", lang: "bash" });
  const list = [
    leaf("a"),
    { namespace: "i", type: "if", condition: "1", steps: [leaf("b")], else: [leaf("c")] },
    { namespace: "l", type: "loop", over: "[]", steps: [{ namespace: "e", type: "end" }, leaf("d")] },
  ];
  const problems = new Problems();
  const drafts = readSteps(list, { path: "steps", reading: reading(problems) });
  assert.deepEqual(problems.found, []);
  assert.deepEqual(
    leavesOf<StepDraft>(drafts).map(({ namespace, path }) => `${namespace} ${path}`),
    ["a steps[0]", "b steps[1].steps[0]", "c steps[1].else[0]", "d steps[2].steps[1]"],
  );
});

test("an override goes to the trigger at its position, or to the next one that has its props", () => {
  const problems = new Problems();
  const merged = mergeTemplate(
    {
      steps: [],
      triggers: [{ type: "http" }, { type: "email" }, { type: "source", component_id: "sc_x" }],
      settings: {},
    },
    {
      overrides: {
        steps: [],
        triggers: [{ props: { body_only: true } }, { props: { oauth: 1 } }],
        settings: { name: "n" },
      },
      problems,
      propNames: [new Set(["body_only"]), new Set(), new Set(["oauth"])],
    },
  );
  assert.deepEqual(problems.found, []);
  assert.deepEqual(merged.triggers, [
    { type: "http", props: { body_only: true } },
    { type: "email" },
    { type: "source", component_id: "sc_x", props: { oauth: 1 } },
  ]);
  assert.deepEqual([...merged.origins.values()], ["triggers[0]", "template.triggers[1]", "triggers[1]"]);
});
