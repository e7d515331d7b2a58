import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { readComponent } from "./read-component.ts";
import { resolveProp } from "./resolved-prop.ts";

const propsOf = (component: unknown) => readComponent(component).definition.configurableProps;
const failsWith = (component: unknown, message: RegExp) =>
  assert.throws(() => readComponent(component), { name: "DefinitionError", code: "LOAD_FAILED", message });

describe("a component's definition", () => {
  it("tells what the component says of itself", () => {
    const { definition } = readComponent({
      key: "acme-new-item",
      name: "New item",
      version: "0.0.{{ts}}",
      type: "source",
      description: "d",
      dedupe: "unique",
      sampleEmit: { a: 1, f() {} },
      hooks: { deploy() {}, activate: null },
      junk: 1,
      activate() {},
      async run() {},
      additionalProps: async () => ({}),
    });
    assert.deepEqual(definition, {
      kind: "source",
      key: "acme-new-item",
      name: "New item",
      version: "0.0.{{ts}}",
      description: "d",
      configurableProps: [],
      dedupe: "unique",
      hooks: { deploy: true, activate: false, deactivate: false },
      hasRun: true,
      hasAdditionalProps: true,
      sampleEmit: { a: 1 },
      annotations: null,
      apps: [],
    });
  });

  it("is a source without a type, an app when it looks like one, and ignores dedupe on actions", () => {
    assert.equal(readComponent({ run() {} }).definition.kind, "source");
    assert.equal(readComponent({ app: "acme", methods: {} }).definition.kind, "app");
    const action = readComponent({ type: "action", dedupe: "unique", annotations: { readOnlyHint: true }, run() {} });
    assert.deepEqual(
      [action.definition.kind, action.definition.dedupe, action.definition.annotations],
      ["action", null, { readOnlyHint: true }],
    );
    assert.equal(readComponent({ run() {}, dedupe: "odd" }).definition.dedupe, null);
  });

  it("shows props in their order, without functions, with what the API derives", () => {
    const acme = { type: "app", app: "acme", propDefinitions: {}, methods: { m() {} }, version: "1" };
    const props = {
      acme,
      inline: { type: "app", app: "slack", optional: true },
      db: "$.service.db",
      timer: { type: "$.interface.timer", static: { intervalSeconds: 60 } },
      pick: { type: "string", options: async () => [], withLabel: true, useQuery: true },
      fixed: { type: "string[]", options: ["a", { label: "B", value: "b" }], secret: true, default: ["a"] },
      note: { type: "alert", alertType: "info", content: "text" },
      gone: undefined,
    };
    assert.deepEqual(propsOf({ props, run() {} }), [
      { name: "acme", type: "app", app: "acme", version: "1" },
      { name: "inline", type: "app", app: "slack", optional: true },
      { name: "db", type: "$.service.db" },
      { name: "timer", type: "$.interface.timer", static: { intervalSeconds: 60 }, readOnly: true },
      { name: "pick", type: "string", withLabel: true, useQuery: true, remoteOptions: true },
      {
        name: "fixed",
        type: "string[]",
        options: ["a", { label: "B", value: "b" }],
        secret: true,
        default: ["a"],
      },
      { name: "note", type: "alert", alertType: "info", content: "text", readOnly: true },
    ]);
    assert.deepEqual(readComponent({ props, run() {} }).definition.apps, ["acme", "slack"]);
  });

  it("unwraps CommonJS compiled from an ES module", () => {
    const compiled = { __esModule: true, default: { name: "inner", run() {} } };
    assert.equal(readComponent(compiled).definition.name, "inner");
  });

  it("says in a sentence why something is no component", () => {
    failsWith(undefined, /exports no component/);
    failsWith(null, /not null/);
    failsWith(() => {}, /not a function/);
    failsWith([], /not an array/);
    failsWith({}, /empty object/);
    failsWith({ type: "workflow" }, /"type" must be "source", "action" or "app", not "workflow"/);
    failsWith({ props: "x" }, /"props" must be an object, not a string/);
    failsWith({ run: {} }, /"run" must be a function, not an object/);
    failsWith({ methods: [] }, /"methods" must be an object, not an array/);
    failsWith({ type: "app", app: "a", props: {} }, /app cannot have props/);
    failsWith({ props: { a: null } }, /Prop "a" must be an object or the name of a type, not null/);
    failsWith({ props: { a: { type: "app", app: "x", props: {} } } }, /Prop "a": an app cannot have props/);
    failsWith({ props: { a: { propDefinition: "x" } } }, /propDefinition must be an array/);
    failsWith({ props: { a: { propDefinition: [undefined, "x"] } } }, /must be an app, not undefined/);
    failsWith({ props: { a: { propDefinition: [{ app: "acme" }, "x"] } } }, /the app "acme" has no propDefinition "x"/);
  });

  it("refuses app webhooks by name, and platform types that do not exist", () => {
    failsWith({ props: { hook: { type: "$.interface.apphook" } } }, /Prop "hook" is of type \$\.interface\.apphook/);
    failsWith({ props: { mail: "$.interface.email" } }, /\$\.interface\.email, which does not exist/);
  });

  it("tolerates types that nobody knows", () => {
    assert.deepEqual(propsOf({ props: { a: { type: "$.discord.channel[]", appProp: "d" }, b: { label: "B" } } }), [
      { name: "a", type: "$.discord.channel[]", appProp: "d" },
      { name: "b", type: "any", label: "B" },
    ]);
  });
});

describe("propDefinition", () => {
  const field = fc.constantFrom("type", "label", "description", "optional", "default", "reloadProps", "min");
  const fields = fc.dictionary(field, fc.oneof(fc.string(), fc.boolean(), fc.integer()), { noNullPrototype: true });

  it("merges field by field, the component's own first, and never changes either side", () => {
    fc.assert(
      fc.property(fields, fields, (base, own) => {
        const app = Object.freeze({
          app: "acme",
          propDefinitions: Object.freeze({ x: Object.freeze({ ...base, type: "string" }) }),
        });
        const raw = Object.freeze({
          ...own,
          ...(own["type"] !== undefined && { type: "integer" }),
          propDefinition: [app, "x"],
        });
        const { fields: merged, type } = resolveProp("p", raw);
        assert.equal(type, own["type"] === undefined ? "string" : "integer");
        assert.deepEqual({ ...merged, type: 0 }, { ...base, ...own, type: 0 });
      }),
    );
  });

  it("remembers whose options they are and the third element, through a chain of definitions", () => {
    const inner = { app: "inner", propDefinitions: { x: { type: "string", options: () => ["inner"] } } };
    const argument = () => ({});
    const outer = { app: "outer", propDefinitions: { y: { propDefinition: [inner, "x", argument], label: "Y" } } };
    const plain = resolveProp("p", { propDefinition: [outer, "y"] });
    assert.deepEqual([plain.optionsApp, plain.optionsArgument, plain.fields["label"]], [inner, argument, "Y"]);
    const override = resolveProp("p", { propDefinition: [outer, "y"], options: () => [] });
    assert.equal(override.optionsApp, outer);
  });

  it("may name shorthand, and fails on a loop", () => {
    const app: { app: string; propDefinitions: Record<string, unknown> } = {
      app: "a",
      propDefinitions: { t: "boolean" },
    };
    assert.equal(resolveProp("p", { propDefinition: [app, "t"] }).type, "boolean");
    app.propDefinitions["loop"] = { propDefinition: [app, "loop"] };
    assert.throws(() => resolveProp("p", { propDefinition: [app, "loop"] }), /refers to itself/);
  });
});
