import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ExpressionScope } from "./expression-scope.ts";
import { parseExpression, parseTemplate } from "./template.ts";

const steps = { trigger: { event: { n: 2, name: "Ann", list: [1, 2] } }, "a-b": { $return_value: { x: null } } };
const scope = new ExpressionScope(() => steps, { TOKEN: "t0ken" });
const fillIn = (text: string): unknown => scope.fillIn(parseTemplate(text)).value;

describe("a text with expressions", () => {
  it("keeps the type of one that is all of it", () => {
    assert.equal(fillIn("{{ event.n }}"), 2);
    assert.equal(fillIn(" {{event.n === 2}}\n"), true);
    assert.deepEqual(fillIn("{{event.list}}"), [1, 2]);
    assert.deepEqual(fillIn("{{ {a: {b: 1}} }}"), { a: { b: 1 } });
    assert.deepEqual(fillIn("{{{a: {b: 1}}}}"), { a: { b: 1 } });
    assert.equal(fillIn("{{steps['a-b'].$return_value.x}}"), null);
    assert.equal(fillIn("{{event.missing}}"), undefined);
    assert.equal(fillIn("{{new Date(0)}}"), "1970-01-01T00:00:00.000Z");
    assert.equal(fillIn("{{ () => 1 }}"), undefined);
    assert.equal(fillIn("{{ process.env.TOKEN }}"), "t0ken");
    assert.equal(fillIn("{{ process.env.OTHER }}"), undefined);
  });

  it("becomes one text when there are several, or text beside them", () => {
    assert.equal(fillIn("Hi {{event.name}}, {{event.n}}{{event.list}}!"), "Hi Ann, 2[1,2]!");
    assert.equal(fillIn("[{{event.missing}}{{null}}]"), "[]");
    assert.equal(fillIn("at {{new Date(0)}}"), "at 1970-01-01T00:00:00.000Z");
  });

  it("ends an expression where JavaScript does, not at the first braces", () => {
    assert.equal(fillIn(`{{ "}}" }}`), "}}");
    assert.equal(fillIn("{{ `a${ `}}${event.n}` }}}` }}"), "a}}2}}");
    assert.equal(fillIn("{{ /}}/.test('}}') }}"), true);
    assert.equal(fillIn("{{ 8 / 2 /* }} */ / 2 // half }}"), 2);
    assert.equal(fillIn("{{ (() => { if (event.n) { return {} } })() }}x"), "{}x");
    assert.equal(fillIn(`{{ "it's" }} don't {{ event.n }}`), "it's don't 2");
  });

  it("leaves braces alone that are never closed, or empty", () => {
    for (const text of ["{{", "a {{ b", "{{}}", "{{  }} }}", "}} {{", "{ { x } }", "{{ a }", "{{{{"])
      assert.equal(fillIn(text), text);
    assert.equal(fillIn("{{}} {{event.n}}"), "{{}} 2");
  });

  it("says what is wrong with code that is none", () => {
    const failsWith = (text: string, message: RegExp) =>
      assert.throws(() => parseTemplate(text), { name: "ExpressionSyntaxError", message });
    failsWith("x {{ a b }} y", /^\{\{ a b \}\} is no JavaScript expression: /);
    failsWith("{{ if (x) {} }}", /is no JavaScript expression/);
    failsWith("{{ 1; 2 }}", /is no JavaScript expression/);
    failsWith("{{ 1); (2 }}", /is no JavaScript expression/);
    failsWith("{{ await x }}", /is no JavaScript expression/);
    assert.throws(() => parseExpression("a b"), /^ExpressionSyntaxError: a b is no JavaScript expression/);
  });

  it("does not let an expression change steps by its value", () => {
    const { value } = scope.fillIn(parseTemplate("{{ event.list }}"));
    (value as number[]).push(3);
    assert.deepEqual(steps.trigger.event.list, [1, 2]);
  });

  it("marks what reads the environment, and shows the expression instead of its value", () => {
    const shown = (text: string): unknown => scope.fillIn(parseTemplate(text)).shown;
    assert.equal(shown("Bearer {{process.env.TOKEN}} for {{event.name}}"), "Bearer {{process.env.TOKEN}} for Ann");
    assert.equal(shown("{{ btoa(process.env.TOKEN) }}"), "{{ btoa(process.env.TOKEN) }}");
    assert.equal(shown("{{ Object.values(process['env']) }}"), "{{ Object.values(process['env']) }}");
    assert.equal(shown("{{ event.n }}"), 2);
  });
});

/** Text that holds no expression, braces of every kind included as long as they do not pair up. */
const plainText = fc
  .string({ unit: fc.constantFrom("a", " ", "{", "}", '"', "'", "`", "/", "\\", "$", "\n", "é") })
  .filter((text) => !text.includes("{{") && !text.includes("}}") && !text.endsWith("{") && !text.startsWith("}"));
/** Source text of a value, written in different ways, and the value. */
const literal: fc.Arbitrary<{ source: string; value: unknown }> = fc.oneof(
  fc.json({ maxDepth: 3 }).map((source) => ({ source: `(${source})`, value: JSON.parse(source) as unknown })),
  fc.string().map((value) => ({ source: JSON.stringify(value), value })),
  plainText.map((text) => ({ source: ["`${", JSON.stringify(`${text}}}`), "}`"].join(""), value: `${text}}}` })),
  fc.constantFrom("/[}}/]{2}/.source", "/\\/}}/.source").map((source) => ({
    source,
    value: source.startsWith("/[") ? "[}}/]{2}" : "\\/}}",
  })),
);

describe("any text made of texts and expressions", () => {
  it("is cut where it was put together", () => {
    const parts = fc.array(fc.tuple(plainText, literal), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(parts, plainText, (pairs, end) => {
        const text = pairs.map(([before, { source }]) => `${before}{{ ${source} }}`).join("") + end;
        const template = parseTemplate(text);
        const values = template.parts
          .filter((part) => typeof part !== "string")
          .map((part) => scope.evaluate(part).value);
        assert.deepEqual(
          values,
          pairs.map(([, { value }]) => value),
        );
        const texts = template.parts.map((part) => (typeof part === "string" ? part : part.text));
        assert.equal(texts.join(""), text);
      }),
    );
  });

  it("is either read or refused with an error of syntax", () => {
    const anything = fc.string({
      unit: fc.constantFrom("{{", "}}", "{", "}", '"', "`", "${", "/", "*", "a", "1", " ", "\n", "(", ")", "'"),
    });
    fc.assert(
      fc.property(anything, (text) => {
        try {
          const { parts } = parseTemplate(text);
          assert.equal(parts.map((part) => (typeof part === "string" ? part : part.text)).join(""), text);
        } catch (error) {
          assert.equal((error as Error).name, "ExpressionSyntaxError");
        }
      }),
      { numRuns: 500 },
    );
  });
});
