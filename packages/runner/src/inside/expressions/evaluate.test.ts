import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { returnedBy, TestClient } from "../testing-client.ts";

const action = (props: string, body: string): string =>
  `const acme = { type: "app", app: "acme", methods: { key() { return this.$auth.key } } };
   export default { type: "action", key: "a", props: { ${props} }, async run({ $, steps }) { ${body} } };`;
const steps = {
  trigger: { event: { id: 7, tags: ["a", "b"], name: "Ann; DROP TABLE users" } },
  one: { $return_value: { n: 1 } },
};

describe("expressions in props", () => {
  it("are evaluated wherever they are, and shown as they were used", async () => {
    const client = await TestClient.workflow(
      action(
        `acme, text: "string", tags: "string[]", map: "object", json: "object", pick: { type: "string", withLabel: true }, n: { type: "integer", default: 5 }, secret: { type: "string", secret: true }`,
        `return { ...this, acme: this.acme.key(), n: this.n };`,
      ),
    );
    const props = {
      acme: { authProvisionId: "apn_{{1}}" },
      text: "#{{event.id}} {{process.env.TOKEN}}",
      tags: "{{event.tags}}",
      map: { a: "{{steps.one.$return_value.n}}", b: ["{{event.id}}", 2], c: { d: "x" } },
      json: `{"id": {{event.id}}}`,
      pick: { __lv: { label: "L {{event.id}}", value: "{{event.id}}" } },
      n: "{{event.missing}}",
      secret: "hidden",
      loose: "{{event.id + 1}}",
    };
    const auths = { acme: { credentials: { key: "k" } } };
    const outcome = await client.step(steps, { props, auths, envVars: { TOKEN: "t0ken" } });
    assert.deepEqual(returnedBy(outcome), {
      acme: "k",
      text: "#7 t0ken",
      tags: ["a", "b"],
      map: { a: 1, b: [7, 2], c: { d: "x" } },
      json: { id: 7 },
      pick: { label: "L 7", value: 7 },
      n: 5,
      secret: "hidden",
      loose: 8,
    });
    assert.deepEqual(JSON.parse(outcome.step?.evaluatedProps ?? ""), {
      acme: { authProvisionId: "apn_{{1}}" },
      text: "#7 {{process.env.TOKEN}}",
      tags: ["a", "b"],
      map: { a: 1, b: [7, 2], c: { d: "x" } },
      json: `{"id": 7}`,
      pick: { __lv: { label: "L 7", value: 7 } },
      secret: "********",
      loose: 8,
    });
  });

  it("name the prop that fails, which is a fault of configuration", async () => {
    const client = await TestClient.workflow(action(`a: "string", b: "object"`, `return 1;`));
    for (const [props, message] of [
      [{ a: "ok", b: { c: "{{ steps.two.x }}" } }, `Prop "b": Cannot read properties of undefined (reading 'x')`],
      [{ a: "{{ nothing }}" }, `Prop "a": nothing is not defined`],
      [{ a: "{{ require('fs') }}" }, `Prop "a": require is not defined`],
      [{ a: "{{ (() => { throw 5 })() }}" }, `Prop "a": 5`],
    ] as const) {
      const { error } = await client.step(steps, { props });
      assert.deepEqual([error?.code, error?.name, error?.message], ["CONFIGURATION_ERROR", "ExpressionError", message]);
      assert.doesNotMatch(error?.stack ?? "", /expressions\//);
    }
    const { error } = await client.step(steps, { props: { a: "{{ a b }}" } });
    assert.match(error?.message ?? "", /^Prop "a": \{\{ a b \}\} is no JavaScript expression/);
  });

  it("leave a prop that holds too much out of what is shown", async () => {
    const client = await TestClient.workflow(action(`a: "string", b: "string"`, `return this.a.length;`));
    const outcome = await client.step(
      { trigger: { event: "x".repeat(100_000) } },
      { props: { a: "{{event}}", b: "B" } },
    );
    assert.equal(returnedBy(outcome), 100_000);
    assert.deepEqual(JSON.parse(outcome.step?.evaluatedProps ?? ""), { a: "(100002 characters, not shown)", b: "B" });
  });

  it("become parameters in SQL, never part of the query", async () => {
    const query = "select * from t where name = {{event.name}} and id = {{event.id}} and x = {{event.missing}}";
    const prepared = async (app: string, value: unknown) => {
      const client = await TestClient.workflow(
        action(`sql: { type: "sql", auth: { app: "${app}" } }`, `return this.sql;`),
      );
      return client.step(steps, { props: { sql: value as never }, envVars: { P: "secret" } });
    };
    const params = ["Ann; DROP TABLE users", 7, null];
    const postgres = await prepared("postgresql", query);
    const numbered = "select * from t where name = $1 and id = $2 and x = $3";
    assert.deepEqual(returnedBy(postgres), { value: numbered, query: numbered, params, usePreparedStatements: true });
    assert.deepEqual(JSON.parse(postgres.step?.evaluatedProps ?? ""), {
      sql: { query: numbered, params, usePreparedStatements: true },
    });
    const marked = "select * from t where name = ? and id = ? and x = ?";
    const mysql = await prepared("mysql", { value: query, usePreparedStatements: true });
    assert.equal((returnedBy(mysql) as { query: string }).query, marked);
    const given = await prepared("mysql", { query: "select ?", params: ["{{process.env.P}}", 1] });
    assert.deepEqual((returnedBy(given) as { params: unknown }).params, ["secret", 1]);
    assert.deepEqual(JSON.parse(given.step?.evaluatedProps ?? ""), {
      sql: { query: "select ?", params: ["{{process.env.P}}", 1], usePreparedStatements: true },
    });
    const written = await prepared("mysql", {
      value: "select {{event.id}}, '{{process.env.P}}'",
      usePreparedStatements: false,
    });
    assert.deepEqual(returnedBy(written), {
      ...{ value: "select 7, 'secret'", query: "select 7, 'secret'", params: [], usePreparedStatements: false },
    });
    assert.doesNotMatch(written.step?.evaluatedProps ?? "", /secret/);
  });
});

describe("expressions of control flow", () => {
  it("are evaluated each on its own, with braces or without", async () => {
    const client = await TestClient.workflow({});
    const expressions = [
      "{{ steps.one.$return_value.n > 0 }}",
      "event.tags",
      " '' ",
      "event.missing",
      "nothing",
      "a b",
      "process.env.A",
      "{{ {a: 1} }}",
    ];
    assert.deepEqual(await client.evaluate(expressions, { steps, envVars: { A: "v" } }), [
      { value: true, isTruthy: true },
      { value: ["a", "b"], isTruthy: true },
      { value: "", isTruthy: false },
      { value: null, isTruthy: false },
      { error: { name: "ReferenceError", message: "nothing is not defined" } },
      {
        error: {
          name: "ExpressionSyntaxError",
          message: "a b is no JavaScript expression: Unexpected identifier 'b'",
        },
      },
      { value: "v", isTruthy: true },
      { value: { a: 1 }, isTruthy: true },
    ]);
  });
});
