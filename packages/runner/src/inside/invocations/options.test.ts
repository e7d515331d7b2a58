import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ConfigurableProp } from "../../invocation.ts";
import { returnedBy, TestClient } from "../testing-client.ts";
import type { TestInvocation } from "../testing-client.ts";

const ACME = `{ type: "app", app: "acme", methods: { key() { return this.$auth.key; } },
  propDefinitions: {
    item: { type: "string", label: "Item", options(argument) { return [{ label: this.key(), value: JSON.stringify(argument) }]; } },
    channel: { type: "string", description: "d", optional: true, options({ page, prevContext, filter }) {
      return { options: [this.$auth.key, page, Object.keys(prevContext).length].filter(filter ?? (() => true)), context: { cursor: page + 1 } }; } } } }`;
const AUTHS = { acme: { credentials: { key: "K" } } };
type OptionsInvocation = Extract<TestInvocation, { kind: "options" }>;

async function options(client: TestClient, propName: string, more: Partial<OptionsInvocation> = {}): Promise<unknown> {
  const base: OptionsInvocation = { kind: "options", propName, page: 0, prevContext: {}, auths: AUTHS };
  return returnedBy(await client.invoke({ ...base, ...more }));
}

describe("options", () => {
  it("of an app's propDefinition run on the app instance, from page 0 with an empty prevContext", async () => {
    const client = await TestClient.inProcess(
      `const acme = ${ACME}; export default { props: { acme, channel: { propDefinition: [acme, "channel"] } } };`,
    );
    assert.deepEqual(await options(client, "channel"), { options: ["K", 0, 0], context: { cursor: 1 } });
    const next = await options(client, "channel", { page: 1, prevContext: { cursor: 1 } });
    assert.deepEqual(next, { options: ["K", 1, 1], context: { cursor: 2 } });
  });

  it("get the result of the third element, called with live values, functions included", async () => {
    const client = await TestClient.inProcess(`const acme = ${ACME};
      export default { props: { acme, team: { type: "string", withLabel: true }, store: { type: "data_store" },
        channel: { propDefinition: [acme, "channel", ({ team, missing, store }) =>
          ({ filter: (option) => team.value === 3 && missing === undefined && typeof store.keys === "function" && option !== 0 })] } } };`);
    const props = { team: { __lv: { label: "T", value: 3 } }, store: "ds_1" };
    assert.deepEqual(await options(client, "channel", { props }), { options: ["K"], context: { cursor: 1 } });
  });

  it("pass query only when it is given", async () => {
    const client = await TestClient.inProcess(
      `const acme = ${ACME}; export default { props: { acme, item: { propDefinition: [acme, "item", () => ({ a: 1 })], useQuery: true } } };`,
    );
    const value = async (more: Partial<OptionsInvocation>) =>
      ((await options(client, "item", more)) as { options: { value: string }[] }).options[0]?.value;
    assert.equal(await value({}), '{"page":0,"prevContext":{},"a":1}');
    assert.equal(await value({ query: "q" }), '{"page":0,"prevContext":{},"query":"q","a":1}');
  });

  it("declared on the component run on the component; an override of a propDefinition runs on the app", async () => {
    const client = await TestClient.inProcess(`const acme = ${ACME};
      export default { methods: { mine() { return this.a; } }, props: { acme, a: "string",
        inline: { type: "string", async options() { return [this.mine(), this.acme.key()]; } },
        override: { propDefinition: [acme, "channel"], options() { return [this.key(), typeof this.mine]; } },
        fixed: { type: "string", options: ["x", { label: "Y", value: "y" }] }, none: { type: "string", options() {} } } };`);
    const props = { a: "A" };
    assert.deepEqual(await options(client, "inline", { props }), { options: ["A", "K"], context: null });
    assert.deepEqual(await options(client, "override"), { options: ["K", "undefined"], context: null });
    assert.deepEqual(await options(client, "fixed"), { options: ["x", { label: "Y", value: "y" }], context: null });
    assert.deepEqual(await options(client, "none"), { options: [], context: null });
  });

  it("find their app by slug when the definition object is another one", async () => {
    const client = await TestClient.inProcess(
      `const acme = ${ACME}; export default { props: { acme: { ...acme, hidden: true }, channel: { propDefinition: [acme, "channel"] } } };`,
    );
    assert.deepEqual(await options(client, "channel"), { options: ["K", 0, 0], context: { cursor: 1 } });
  });

  it("of dynamic props are reached by running additionalProps again", async () => {
    const client = await TestClient.inProcess(`const acme = ${ACME};
      export default { props: { acme, sheet: { type: "string", reloadProps: true } },
        async additionalProps(previous) { const names = await [this.sheet + 1, previous.old?.label];
          return { column: { type: "string", options: () => names }, row: { propDefinition: [acme, "channel"] } }; } };`);
    const more = { props: { sheet: "S" }, dynamicProps: [{ name: "old", type: "string", label: "L" }] };
    assert.deepEqual(await options(client, "column", more), { options: ["S1", "L"], context: null });
    assert.deepEqual(await options(client, "row", more), { options: ["K", 0, 0], context: { cursor: 1 } });
    const unknown = await client.invoke({ kind: "options", propName: "nope", page: 0, prevContext: {} });
    assert.equal(unknown.error?.message, 'The component has no prop "nope".');
  });

  it("report what they throw, and what they logged", async () => {
    const client = await TestClient.inProcess(`class ConfigurationError extends Error { name = "ConfigurationError"; }
      export default { props: { a: { type: "string", options() { throw new ConfigurationError("Connect **first**"); } } } };`);
    const outcome = await client.invoke({ kind: "options", propName: "a", page: 0, prevContext: {} });
    assert.deepEqual(outcome.error, {
      code: "CONFIGURATION_ERROR",
      name: "ConfigurationError",
      message: "Connect **first**",
    });
  });
});

describe("additionalProps", () => {
  const reload = async (client: TestClient, more: Partial<Omit<TestInvocation, "kind">> = {}) => {
    const result = returnedBy(await client.invoke({ ...more, kind: "additionalProps" }));
    return (result as { configurableProps: ConfigurableProp[] }).configurableProps;
  };

  it("may change its argument in place, which counts and leaves definitions as they were", async () => {
    const client = await TestClient.inProcess(`const acme = ${ACME};
      export default { props: { acme, mode: "string", channel: { propDefinition: [acme, "channel"] }, sql: { type: "sql", auth: { app: "pg" } } },
        additionalProps(props) { props.channel.hidden = this.mode !== "on"; props.channel.optional = false; props.sql.auth.app = "mysql"; delete props.mode; return {}; } };`);
    const on = await reload(client, { props: { mode: "on" } });
    const names = on.map(({ name }) => name);
    assert.deepEqual(names, ["acme", "channel", "sql"]);
    assert.deepEqual(on[1], {
      name: "channel",
      type: "string",
      description: "d",
      optional: false,
      hidden: false,
      remoteOptions: true,
    });
    assert.deepEqual(on[2]?.["auth"], { app: "mysql" });
    assert.equal((await reload(client))[1]?.hidden, true);
    const listed = await options(client, "channel", { dynamic: true });
    assert.deepEqual(listed, { options: ["K", 0, 0], context: { cursor: 1 } });
  });

  it("overlays what it returns: shorthand, interfaces, apps and overrides; earlier dynamic props stay only if returned", async () => {
    const client = await TestClient.inProcess(`const acme = ${ACME};
      export default { props: { a: { type: "string", label: "A" } }, async additionalProps(previous) {
        return { secret: "string", http: "$.interface.http", timer: { type: "$.interface.timer", default: { intervalSeconds: 60 } }, acme,
          a: { type: "integer", default: 2 }, kept: previous.kept, pick: { type: "string", options: () => [] } }; } };`);
    const dynamicProps = [
      { name: "kept", type: "string", label: "Kept" },
      { name: "dropped", type: "string" },
    ];
    assert.deepEqual(await reload(client, { dynamicProps }), [
      { name: "a", type: "integer", default: 2 },
      { name: "secret", type: "string" },
      { name: "http", type: "$.interface.http" },
      { name: "timer", type: "$.interface.timer", default: { intervalSeconds: 60 } },
      { name: "acme", type: "app", app: "acme" },
      { name: "kept", type: "string", label: "Kept" },
      { name: "pick", type: "string", remoteOptions: true },
    ]);
  });

  it("may return its whole argument, and is optional", async () => {
    const all = await TestClient.inProcess(
      `export default { props: { a: "string" }, additionalProps(props) { return props; } };`,
    );
    const dynamicProps = [{ name: "b", type: "string" }];
    assert.deepEqual(
      (await reload(all, { dynamicProps })).map(({ name }) => name),
      ["a", "b"],
    );
    const none = await TestClient.inProcess(`export default { props: { a: "string" }, run() {} };`);
    assert.deepEqual(await reload(none), [{ name: "a", type: "string" }]);
  });

  it("fails with a clear sentence when it returns no props", async () => {
    const client = await TestClient.inProcess(`export default { props: {}, additionalProps() { return { a: 5 }; } };`);
    const outcome = await client.invoke({ kind: "additionalProps" });
    assert.equal(outcome.error?.message, 'Prop "a" must be an object or the name of a type, not a number.');
  });
});
