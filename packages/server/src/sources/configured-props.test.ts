import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConfigurableProp, JsonObject } from "@millrace/runner";
import { mergeProps, planProps, type PropsInput } from "./configured-props.ts";
import { SECRET_MASK, shownProps, unmasked } from "./shown-props.ts";
import { freeSlug, slugOf } from "./slug.ts";

const NOW = Date.UTC(2026, 10, 23);

function plan(definition: ConfigurableProp[], given: JsonObject, more: Partial<PropsInput> = {}) {
  const { props, problems, timers, endpoints } = planProps({
    definition,
    given,
    accountApps: new Map(),
    needsAccount: () => true,
    nowMs: NOW,
    ...more,
  });
  return { props, timers, endpoints, problems: problems.map(({ path, message }) => `${path}: ${message}`) };
}

const problemsOf = (type: string, value: JsonObject[string]): string[] =>
  plan([{ name: "p", type }], { p: value }).problems;
const valueOf = (type: string, value: JsonObject[string]): unknown =>
  plan([{ name: "p", type }], { p: value }).props["p"];

test("every missing and ill-typed prop is named", () => {
  const { problems } = plan(
    [
      { name: "url", type: "string" },
      { name: "count", type: "integer" },
      { name: "tags", type: "string[]" },
      { name: "timer", type: "$.interface.timer" },
      { name: "note", type: "string", optional: true },
    ],
    { count: "many", tags: 5 },
  );
  assert.deepEqual(problems, [
    "configured_props.url: is required",
    "configured_props.count: must be an integer",
    "configured_props.tags: must be an array",
    "configured_props.timer: is required",
  ]);
});

test("defaults apply to required, optional and hidden props alike", () => {
  const { props, problems } = plan(
    [
      { name: "a", type: "string", default: "x" },
      { name: "b", type: "integer", optional: true, default: 3 },
      { name: "c", type: "object", hidden: true, default: { k: 1 } },
      { name: "d", type: "boolean", default: false },
    ],
    { b: null },
  );
  assert.deepEqual(problems, []);
  assert.deepEqual(props, { a: "x", b: 3, c: { k: 1 }, d: false });
});

test("types are as lenient as components need", () => {
  assert.equal(valueOf("string", 5), 5);
  assert.deepEqual(valueOf("string[]", [1, "a"]), [1, "a"]);
  assert.equal(valueOf("string[]", '["a"]'), '["a"]');
  assert.equal(valueOf("integer", "42"), 42);
  assert.deepEqual(valueOf("integer[]", ["1", 2]), [1, 2]);
  assert.equal(valueOf("boolean", "true"), true);
  assert.deepEqual(valueOf("object", '{"a":1}'), { a: 1 });
  assert.equal(valueOf("integer", "{{steps.x}}"), "{{steps.x}}");
  assert.deepEqual(valueOf("string", { __lv: { label: "L", value: "v" } }), { __lv: { label: "L", value: "v" } });
  assert.deepEqual(valueOf("any", [null]), [null]);
  assert.deepEqual(valueOf("$.airtable.baseId", "app1"), "app1");
});

test("what no component could use is refused", () => {
  assert.deepEqual(problemsOf("string", { a: 1 }), ["configured_props.p: must be a string"]);
  assert.deepEqual(problemsOf("integer", 1.5), ["configured_props.p: must be an integer"]);
  assert.deepEqual(problemsOf("integer[]", [1, "x"]), ["configured_props.p: item 1 must be an integer"]);
  assert.deepEqual(problemsOf("boolean", "maybe"), ["configured_props.p: must be a boolean"]);
  assert.deepEqual(problemsOf("object", [1]), ["configured_props.p: must be an object"]);
  assert.deepEqual(problemsOf("object", "{"), ["configured_props.p: must be an object, or its JSON"]);
});

test("values for props that the component does not declare are kept: they are dynamic", () => {
  assert.deepEqual(plan([], { col_0001: "a" }), { props: { col_0001: "a" }, timers: [], endpoints: [], problems: [] });
});

test("an account must exist in the workspace and be of the prop's app", () => {
  const definition = [{ name: "db", type: "app", app: "postgresql" }];
  const accountApps = new Map([
    ["apn_mine", "postgresql"],
    ["apn_other", "slack"],
  ]);
  const given = (id: string): JsonObject => ({ db: { authProvisionId: id } });
  assert.deepEqual(plan(definition, given("apn_mine"), { accountApps }).props, given("apn_mine"));
  assert.match(
    plan(definition, given("apn_other"), { accountApps }).problems[0] ?? "",
    /is of slack, not of postgresql/,
  );
  assert.match(plan(definition, given("apn_foreign"), { accountApps }).problems[0] ?? "", /apn_foreign does not exist/);
  assert.match(plan(definition, { db: {} }, { accountApps }).problems[0] ?? "", /authProvisionId/);
  assert.match(plan(definition, {}, { accountApps }).problems[0] ?? "", /is required/);
});

test("an app that needs no account may go without one", () => {
  const definition = [{ name: "rss", type: "app", app: "rss" }];
  assert.deepEqual(plan(definition, {}, { needsAccount: () => false }).problems, []);
});

test("timers are read, defaulted, and fixed when static", () => {
  const timer = (fields: object): ConfigurableProp => ({ name: "timer", type: "$.interface.timer", ...fields });
  const given = { timer: { intervalSeconds: 60 } };
  assert.deepEqual(plan([timer({})], given).timers, [
    { propName: "timer", schedule: { kind: "interval", intervalSeconds: 60 } },
  ]);
  assert.deepEqual(plan([timer({ default: { intervalSeconds: 900 } })], {}).props, { timer: { intervalSeconds: 900 } });
  assert.deepEqual(plan([timer({ static: { intervalSeconds: 5 }, readOnly: true })], given).props, {
    timer: { intervalSeconds: 5 },
  });
  assert.deepEqual(plan([timer({ default: {} })], {}).problems, ["configured_props.timer: is required"]);
  assert.match(plan([timer({})], { timer: { cron: "x" } }).problems[0] ?? "", /not valid/);
  assert.deepEqual(plan([timer({ optional: true })], {}).problems, []);
});

test("interfaces and services take no value; echoed ones are dropped", () => {
  const definition = [
    { name: "http", type: "$.interface.http", customResponse: true },
    { name: "db", type: "$.service.db" },
    { name: "info", type: "alert" },
  ];
  const planned = plan(definition, { http: { endpoint_url: "http://x" }, db: { type: "$.service.db" } });
  assert.deepEqual(planned.props, {});
  assert.deepEqual(planned.endpoints, [{ propName: "http", customResponse: true }]);
});

test("more than 64 KB of configuration is refused", () => {
  assert.match(plan([], { big: "x".repeat(65_536) }).problems[0] ?? "", /65536 bytes/);
});

test("replies show interfaces in their echoed form and never a secret", () => {
  const definition = [
    { name: "timer", type: "$.interface.timer" },
    { name: "http", type: "$.interface.http" },
    { name: "db", type: "$.service.db" },
    { name: "key", type: "string", secret: true },
    { name: "unset", type: "string", optional: true },
  ];
  const props = { timer: { intervalSeconds: 60 }, key: "s3cret", extra: 1 };
  const shown = shownProps({ definition, props, endpointUrls: { http: "http://e" } });
  assert.deepEqual(shown, {
    timer: { cron: null, interval_seconds: 60 },
    http: { endpoint_url: "http://e" },
    db: { type: "$.service.db" },
    key: SECRET_MASK,
    extra: 1,
  });
  assert.deepEqual(unmasked(shown, { definition, props })["key"], "s3cret");
});

test("an update replaces the props it names, and null removes one", () => {
  assert.deepEqual(mergeProps({ a: 1, b: 2, c: 3 }, { b: 5, c: null }), { a: 1, b: 5 });
});

test("slugs are plain and get the first free number", () => {
  assert.equal(slugOf("New Item in Feed (RSS)!"), "new-item-in-feed-rss");
  assert.equal(slugOf("Crème brûlée"), "creme-brulee");
  assert.equal(slugOf("***"), "source");
  assert.equal(freeSlug("a", new Set()), "a");
  assert.equal(freeSlug("a", new Set(["a", "a-2", "a-4"])), "a-3");
});
