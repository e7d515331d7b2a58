import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TestClient } from "../testing-client.ts";

const ACME = `{ type: "app", app: "acme",
  methods: { key() { return this.$auth.api_key; }, twice(x) { return this.key() + x + x; }, async *pages() { yield this.key(); yield 2; } } }`;
const AUTHS = { acme: { credentials: { api_key: "K" } } };

describe("this", () => {
  it("has methods that stay bound when they are passed around or destructured", async () => {
    const client = await TestClient.inProcess(`export default {
      props: { n: "integer" },
      methods: { add(x) { return this.n + x; }, twice(x) { const { add } = this; return add(add(x)); } },
      run() { return [[1, 2].map(this.add), this.twice(0)]; } };`);
    assert.deepEqual(await client.returned({}, { props: { n: 10 } }), [[11, 12], 20]);
  });

  it("is the app instance in an app's methods, which are bound too and stay generators", async () => {
    const client = await TestClient.inProcess(`const acme = ${ACME};
      export default { props: { acme }, async run() {
        const pages = []; for await (const page of this.acme.pages()) pages.push(page);
        return [["a"].map(this.acme.twice), pages]; } };`);
    assert.deepEqual(await client.returned({}, { auths: AUTHS }), [["Kaa"], ["K", 2]]);
  });

  it("has methods named run and activate instead of the component's own", async () => {
    const client = await TestClient.inProcess(`export default {
      methods: { run() { return "method run"; }, activate() { return "method activate"; } },
      hooks: { activate() { this.$emit(this.activate()); } },
      run() { return [this.run(), this.activate(), typeof this.deactivate, typeof this.hooks]; } };`);
    assert.deepEqual(await client.returned(), ["method run", "method activate", "undefined", "undefined"]);
    const hook = await client.invoke({ kind: "hook", hook: "activate" });
    assert.equal(hook.emits[0]?.event, '"method activate"');
    assert.equal(hook.error, null);
  });

  it("leaves definitions unbound and unchanged, so that they can be borrowed with call", async () => {
    const client =
      await TestClient.inProcess(`const base = { methods: { who() { return this.name; } }, hooks: { activate() { return this.name; } } };
      const acme = ${ACME};
      const before = JSON.stringify([Object.keys(acme), Object.keys(acme.methods), Object.keys(base)]);
      export default { ...base, name: "component", props: { acme, name: "string" },
        run() { return [base.methods.who.call({ name: "other" }), base.hooks.activate.call(this), this.who(),
          JSON.stringify([Object.keys(acme), Object.keys(acme.methods), Object.keys(base)]) === before, "$auth" in acme,
          acme.methods.key.call({ $auth: { api_key: "borrowed" } })]; } };`);
    const returned = await client.returned({}, { props: { name: "prop" }, auths: AUTHS });
    assert.deepEqual(returned, ["other", "prop", "prop", true, false, "borrowed"]);
  });

  it("never shows one invocation's account to another", async () => {
    const client = await TestClient.inProcess(`const acme = ${ACME};
      export default { props: { acme }, async run() { await new Promise(setImmediate); return this.acme.key(); } };`);
    const keys = ["one", "two", "three"];
    const results = await Promise.all(
      keys.map((key) => client.returned({}, { auths: { acme: { credentials: { api_key: key } } } })),
    );
    assert.deepEqual(results, keys);
  });

  it("shows only configured values to rest destructuring and JSON: no internals, no unset props, no credentials", async () => {
    const client = await TestClient.inProcess(`const acme = ${ACME};
      export default { props: { acme, db: "$.service.db", a: "string", b: { type: "string", optional: true }, note: { type: "alert" } },
        methods: { m() {} },
        run() { const { acme, db, ...rest } = this; return [Object.keys(rest).filter((key) => typeof rest[key] !== "function"), JSON.stringify(this),
          Object.keys(acme.$auth), typeof this.$emit, { ...acme }.key()]; } };`);
    const returned = await client.returned({}, { props: { a: "x" }, auths: AUTHS });
    assert.deepEqual(returned, [["a"], '{"acme":{},"db":{},"a":"x"}', ["api_key"], "function", "K"]);
  });

  it("can be changed, also props and methods, for the length of one invocation", async () => {
    const client =
      await TestClient.inProcess(`export default { props: { a: "string" }, methods: { m() { return "m"; } },
        run() { const before = [this.a, this.m(), this.extra]; this.a = "changed"; this.m = () => "other"; this.extra = 1;
          return [before, this.a, this.m(), this.extra]; } };`);
    const expected = [["x", "m", null], "changed", "other", 1];
    assert.deepEqual(await client.returned({}, { props: { a: "x" } }), expected);
    assert.deepEqual(await client.returned({}, { props: { a: "x" } }), expected);
  });

  it("has apps without an account as instances with methods and an empty $auth", async () => {
    const client = await TestClient.inProcess(`const acme = ${ACME};
      export default { props: { acme, inline: { type: "app", app: "slack" } }, run() { return [this.acme.key() ?? "none", this.inline.$auth]; } };`);
    assert.deepEqual(await client.returned(), ["none", {}]);
  });

  it("copies what is no function among the methods as it is", async () => {
    const client = await TestClient.inProcess(
      `export default { methods: { limit: 5, arrow: (x) => x * 2 }, run() { return [this.limit, this.arrow(4)]; } };`,
    );
    assert.deepEqual(await client.returned(), [5, 8]);
  });

  it("fails clearly only when a source uses a service that it cannot have", async () => {
    const client =
      await TestClient.inProcess(`export default { props: { store: { type: "data_store" }, dir: { type: "dir" } },
        async run({ use }) { if (use) await this.store.get("x"); return typeof this.dir.open; } };`);
    assert.equal(await client.returned({}, { props: { store: "ds_1" } }), "function");
    const { error } = await client.run({ use: true }, { props: { store: "ds_1" } });
    assert.match(error?.message ?? "", /data store "store".*sources have no data stores/);
  });
});

describe("configured values", () => {
  it("unwrap label-value pairs unless the prop asks for the label", async () => {
    const client =
      await TestClient.inProcess(`export default { props: { plain: "string", labelled: { type: "string", withLabel: true },
        list: { type: "string[]", withLabel: true }, plainList: "string[]" },
        run() { return [this.plain, this.labelled, this.list, this.plainList, this.dynamic]; } };`);
    const pair = { label: "One", value: 1 };
    const lv = { __lv: pair };
    const props = { plain: lv, labelled: lv, list: { __lv: [pair] }, plainList: [lv, "x"], dynamic: lv };
    assert.deepEqual(await client.returned({}, { props }), [1, pair, [pair], [1, "x"], pair]);
  });

  it("get defaults when they are absent, hidden ones too, fresh for each run; null means cleared", async () => {
    const client = await TestClient.inProcess(`export default { props: { a: { type: "string", default: "d" },
        state: { type: "object", hidden: true, default: { seen: [] } }, off: { type: "string", disabled: true, default: "x" },
        cleared: { type: "string", default: "d" }, any: { type: "any" }, zero: { type: "integer", default: 0 } },
        run() { this.state.seen.push(1); return [this.a, this.state, "off" in this, "cleared" in this, this.any, this.zero]; } };`);
    const expected = ["d", { seen: [1] }, false, false, null, 0];
    for (let turn = 0; turn < 2; turn++) {
      assert.deepEqual(await client.returned({}, { props: { cleared: null, any: null } }), expected);
    }
  });

  it("evaluate defaults when the module loads", async () => {
    const code = `export default { props: { at: { type: "string", default: new Date().toISOString() } }, run() { return this.at; } };`;
    const client = await TestClient.inProcess(code);
    const [first, second] = [await client.returned(), await client.returned()];
    assert.equal(first, second);
    assert.ok(Math.abs(Date.parse(String(first)) - Date.now()) < 10_000);
  });

  it("arrive by name for props that only exist dynamically, with apps, endpoints and defaults", async () => {
    const client = await TestClient.inProcess(`const acme = ${ACME};
      export default { props: { acme }, run() {
        return [this.col_0001, this.hiddenState, this.other.key(), this.hook.endpoint, typeof this.hook.respond, this.constructor === Object]; } };`);
    const dynamicProps = [
      { name: "hiddenState", type: "string", hidden: true, default: "computed" },
      { name: "other", type: "app", app: "acme" },
      { name: "hook", type: "$.interface.http" },
    ];
    const more = {
      dynamicProps,
      props: { col_0001: "v", other: { authProvisionId: "apn_1" } },
      auths: { other: { credentials: { api_key: "O" } } },
      endpoints: { hook: "http://localhost/in/x" },
    };
    assert.deepEqual(await client.returned({}, more), [
      "v",
      "computed",
      "O",
      "http://localhost/in/x",
      "function",
      true,
    ]);
  });

  it("are not coerced, except objects written as JSON text", async () => {
    const client =
      await TestClient.inProcess(`export default { props: { list: "string[]", n: "integer", o: "object", broken: "object", q: { type: "sql" } },
        run() { return [this.list, this.n, this.o, this.broken, this.q]; } };`);
    const props = { list: "[1,2]", n: "5", o: '{"a":1}', broken: "{{x}}", q: { value: "select 1" } };
    const query = { value: "select 1", query: "select 1", params: [] };
    assert.deepEqual(await client.returned({}, { props }), ["[1,2]", "5", { a: 1 }, "{{x}}", query]);
  });
});
