import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startTestServer, type TestServer } from "../testing/index.ts";

let server: TestServer;
let auth: { authProvisionId: string };
before(async () => {
  server = await startTestServer();
  const account = { app: "slack_bot", credentials: { bot_token: "token-1" }, name: "Bot" };
  const { body } = await server.call("POST", "/accounts", account);
  auth = { authProvisionId: (body as { data: { id: string } }).data.id };
});
after(() => server.close());

const CODE = `const slack = { type: "app", app: "slack_bot",
  methods: { name(n) { return this.$auth.bot_token + ":" + n; } },
  propDefinitions: { channel: { type: "string", useQuery: true, async options({ page, query, prevContext, team }) {
    console.log("page", page);
    return { options: [{ label: this.name(page), value: { team, query, cursor: prevContext.cursor ?? null } }], context: { cursor: page + 1 } };
  } } } };
export default { key: "configuring", name: "Configuring", version: "0.1.0", type: "action",
  props: { slack, team: { type: "string", options: ["red", "blue"], reloadProps: true },
    channel: { propDefinition: [slack, "channel", ({ team }) => ({ team })] },
    size: { type: "integer", async options() { return [1, 2]; } },
    broken: { type: "string", async options() { throw new TypeError("no such team"); } } },
  async additionalProps() {
    if (this.team === "red") throw new Error("red is closed");
    if (!this.team) return {};
    const { slack } = this;
    return { shade: { type: "string", label: "Shade of " + this.team, options: async ({ page }) => [slack.name("shade" + page)] } };
  },
  async run() {} };`;

interface Configured {
  options: { label: string; value: unknown }[] | null;
  stringOptions: string[] | null;
  context: object | null;
  observations: { k: string; msg?: string }[];
  errors: string[];
}

interface Reloaded {
  errors: string[];
  dynamicProps: { configurableProps: { name: string; label?: string; remoteOptions?: true }[] };
}

async function ask<Reply>(path: string, body: object): Promise<Reply> {
  const reply = await server.call("POST", path, body);
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  return reply.body as Reply;
}

function configure(body: object): Promise<Configured> {
  const configured_props = { slack: auth, team: "blue" };
  return ask("/components/configure", { component_code: CODE, configured_props, ...body });
}

const namesOf = ({ dynamicProps }: Reloaded) => dynamicProps.configurableProps.map(({ name }) => name);
const OWN = ["slack", "team", "channel", "size", "broken"];

void test("a prop's options run with the account, the values so far, the page, the query and the last context", async () => {
  const first = await configure({ prop_name: "channel", query: "gen" });
  assert.deepEqual(first.options, [{ label: "token-1:0", value: { team: "blue", query: "gen", cursor: null } }]);
  assert.deepEqual([first.stringOptions, first.context, first.errors], [null, { cursor: 1 }, []]);
  assert.ok(first.observations.some(({ k, msg }) => k === "console.log" && msg?.includes("page")));
  const next = await configure({ prop_name: "channel", page: 1, prev_context: first.context });
  assert.deepEqual(next.options, [{ label: "token-1:1", value: { team: "blue", cursor: 1 } }]);
});

void test("options of a saved component are found by its id, by its key and by its version", async () => {
  const { data } = await ask<{ data: { id: string } }>("/components", { component_code: CODE });
  for (const named of [{ id: data.id }, { id: "configuring" }, { id: "configuring", version: "0.1.0" }]) {
    const configured_props = { slack: auth };
    const reply = await ask<Configured>("/components/configure", { ...named, configured_props, prop_name: "channel" });
    assert.equal(reply.options?.[0]?.label, "token-1:0");
  }
  const body = { id: "configuring", version: "9.9.9", prop_name: "channel" };
  assert.equal((await server.call("POST", "/components/configure", body)).status, 404);
});

void test("options that are text go by themselves; others have labels", async () => {
  const text = await configure({ prop_name: "team" });
  assert.deepEqual([text.options, text.stringOptions], [null, ["red", "blue"]]);
  const numbers = await configure({ prop_name: "size" });
  assert.deepEqual(numbers.options, [
    { label: "1", value: 1 },
    { label: "2", value: 2 },
  ]);
});

void test("what fails in the component's code is told in the reply", async () => {
  const broken = await configure({ prop_name: "broken" });
  assert.deepEqual([broken.options, broken.stringOptions], [null, null]);
  assert.deepEqual(broken.errors, ["TypeError: no such team"]);
  const closed = await ask<Reloaded>("/components/props", { component_code: CODE, configured_props: { team: "red" } });
  assert.deepEqual([closed.errors, namesOf(closed)], [["red is closed"], OWN]);
});

void test("props that the values lead to are listed after the component's own, and have options, too", async () => {
  const plain = await ask<Reloaded>("/components/props", { component_code: CODE });
  assert.deepEqual([plain.errors, namesOf(plain)], [[], OWN]);
  const configured_props = { slack: auth, team: "blue" };
  const more = await ask<Reloaded>("/components/props", { component_code: CODE, configured_props });
  assert.deepEqual(namesOf(more), [...OWN, "shade"]);
  const shade = more.dynamicProps.configurableProps.at(-1);
  assert.deepEqual([shade?.label, shade?.remoteOptions], ["Shade of blue", true]);
  assert.deepEqual((await configure({ prop_name: "shade", page: 2 })).stringOptions, ["token-1:shade2"]);
});

void test("props and accounts that there are not, and code that is none, are refused with what is wrong", async () => {
  const refusals: [string, object, number, string][] = [
    ["/components/configure", { component_code: CODE, prop_name: "shape" }, 400, "prop_name"],
    ["/components/configure", { prop_name: "team" }, 400, "id"],
    [
      "/components/props",
      { component_code: CODE, configured_props: { slack: { authProvisionId: "apn_x" } } },
      400,
      "apn_x",
    ],
    ["/components/props", { component_code: "export default {" }, 422, "component_code"],
    ["/components/props", { id: "no-such-component" }, 404, "no-such-component"],
  ];
  for (const [path, body, status, part] of refusals) {
    const reply = await server.call("POST", path, body);
    assert.deepEqual(
      [reply.status, JSON.stringify(reply.body).includes(part)],
      [status, true],
      JSON.stringify(reply.body),
    );
  }
  const accounts = await server.call("POST", "/accounts", { app: "github", credentials: { oauth_access_token: "x" } });
  const other = { authProvisionId: (accounts.body as { data?: { id: string } }).data?.id ?? "apn_y" };
  const body = { component_code: CODE, configured_props: { slack: other }, prop_name: "channel" };
  assert.equal((await server.call("POST", "/components/configure", body)).status, 400);
});

void test("asking is no change: the audit log stays as it is", async () => {
  const { rows } = await server.db.query("select 1 from audit_log where action in ('configureProp', 'reloadProps')");
  assert.equal(rows.length, 0);
});
