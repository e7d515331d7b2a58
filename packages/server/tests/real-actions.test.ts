import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { TestReceiver } from "../testing/index.ts";
import { type ApiCaller, type Platform, startPlatform } from "../testing/instance/index.ts";
import { MariadbService, PostgresService, skipWithout } from "../testing/services/index.ts";
import { TestMailServer } from "../testing/test-mail-server.ts";
import { eventually } from "../testing/test-source.ts";
import type { TestWorkflowRun } from "../testing/test-runs.ts";
import { GitlabStandIn } from "./real-actions/gitlab-stand-in.ts";
import {
  dataStoreSteps,
  gitlabSteps,
  helperSteps,
  mysqlSteps,
  postgresSteps,
  type Expected,
} from "./real-actions/steps.ts";

/** What the packages' own files say of their actions, read without Millrace. */
interface Action {
  key: string;
  name: string;
  version: string;
  props: Record<string, string>;
}

interface Component extends Omit<Action, "props"> {
  id: string;
  type: string;
  description: string;
  configurable_props: { name: string; type: string }[];
}

const AT_ONCE = 3;
const PACKAGES = JSON.parse(await readFile(new URL("real-actions/actions.json", import.meta.url), "utf8")) as Record<
  string,
  Record<string, Action>
>;

describe("actions of npm packages", () => {
  let platform: Platform;
  let api: ApiCaller;
  const loaded = new Map<string, Component>();
  before(async () => {
    platform = await startPlatform();
    api = platform.api;
  });
  after(() => platform[Symbol.asyncDispose]());

  /** Runs a workflow of these actions and compares what each of them returned. */
  async function check(
    packageName: string,
    steps: readonly Expected[],
    options: { app?: Record<string, unknown>; first?: object[] } = {},
  ): Promise<void> {
    const { app, first = [] } = options;
    const definition = steps.map(({ namespace, action, props }) => {
      const component = loaded.get(`${packageName}/${action}`);
      assert.ok(component, `${action} is loaded`);
      const [appProp] = component.configurable_props.filter((prop) => prop.type === "app").map((prop) => prop.name);
      const account = app && appProp !== undefined ? { [appProp]: app } : {};
      return { namespace, component_id: component.id, props: { ...account, ...props } };
    });
    const { id } = await api.data<{ id: string }>("POST", "/workflows", { steps: [...first, ...definition] });
    const run = await api.data<{ id: string }>("POST", `/workflows/${id}/runs`, { event: {} });
    const ended = await eventually(async () => {
      const seen = await api.data<TestWorkflowRun>("GET", `/runs/${run.id}`);
      return ["success", "error", "cancelled"].includes(seen.status) && seen;
    });
    assert.equal(ended.status, "success", JSON.stringify(ended.error));
    for (const [index, { namespace, returns, isRight, exports }] of steps.entries()) {
      const step = ended.steps[first.length + index];
      assert.equal(step?.namespace, namespace);
      if (isRight) assert.ok(isRight(step.return_value), `${namespace}: ${JSON.stringify(step)}`);
      if (returns !== undefined) assert.deepEqual(step.return_value, returns, namespace);
      for (const [name, value] of Object.entries(exports ?? {})) assert.deepEqual(step.exports[name], value, namespace);
    }
  }

  async function connect(app: string, credentials: Record<string, unknown>): Promise<Record<string, unknown>> {
    const account = await api.data<{ id: string }>("POST", "/accounts", { app, name: "Test", credentials });
    return { authProvisionId: account.id };
  }

  test("load with everything that their files say of them", async () => {
    const waiting = Object.entries(PACKAGES).flatMap(([name, actions]) =>
      Object.entries(actions).map(([action, said]) => ({ name, action, said })),
    );
    assert.ok(waiting.length >= 40);
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const { name, action, said } = next;
        const component_url = `npm:${name}/actions/${action}/${action}.mjs`;
        const component = await api.data<Component>("POST", "/components", { component_url });
        const props = Object.fromEntries(component.configurable_props.map((prop) => [prop.name, prop.type]));
        const { key, name: title, version } = component;
        assert.deepEqual({ key, name: title, version, props }, said, component_url);
        assert.equal(component.type, "action");
        assert.ok(component.description.length > 0, component_url);
        loaded.set(`${name.slice("@pipedream/".length).replace(/@.*/, "")}/${action}`, component);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  });

  test("of helper_functions run", async () => {
    await using receiver = await TestReceiver.start();
    receiver.respondWith((request) => ({ status: 200, body: JSON.stringify({ method: request.method }) }));
    await using mail = await TestMailServer.start();
    await check("helper_functions", helperSteps({ url: receiver.url, mailPort: new URL(mail.url).port }));
    assert.equal(mail.mails[0]?.mail.subject, "From an action");
    assert.deepEqual(
      receiver.requests.map(({ method, path }) => `${method} ${path}`),
      ["GET /file", "POST /request"],
    );
  });

  test("of data_stores run on data stores", async () => {
    const store = (name: string): Promise<{ id: string }> => api.data("POST", "/data_stores", { name });
    await check("data_stores", dataStoreSteps({ first: (await store("one")).id, second: (await store("two")).id }));
  });

  test("of postgresql run on PostgreSQL", { skip: skipWithout("postgresql") }, async () => {
    await using postgres = await PostgresService.start();
    await postgres.query("create table orders (id serial primary key, item text unique)");
    const { host, port, user, password, database, certificate } = postgres;
    const credentials = { host, port: String(port), user, password, database, ca: certificate };
    await check("postgresql", postgresSteps, { app: await connect("postgresql", credentials) });
    assert.deepEqual(await postgres.query("select id, item from orders"), [{ id: 1, item: "green tea" }]);
  });

  test("of mysql run on MariaDB", { skip: skipWithout("mariadb") }, async () => {
    await using mariadb = await MariadbService.start();
    await mariadb.execute("create table orders (id int auto_increment primary key, item varchar(40) not null)");
    await mariadb.execute("create procedure count_orders() select count(*) as n from orders");
    const { host, port, username, password, database } = mariadb;
    const account = await connect("mysql", { host, port: String(port), username, password, database });
    await check("mysql", mysqlSteps, { app: account });
  });

  test("of gitlab run on a GitLab server of one's own", { skip: skipWithout("postgresql") }, async () => {
    await using gitlab = await GitlabStandIn.start();
    const account = { oauth_access_token: gitlab.token, base_api_url: gitlab.address };
    // Its certificate is one that nobody vouches for, as an inner server's often is.
    const trust = "https.globalAgent.options.ca = this.certificate";
    const code = `import https from "node:https"; export default { props: { certificate: "string" }, run() { ${trust} } }`;
    const first = [{ namespace: "trust", code, props: { certificate: gitlab.certificate } }];
    await check("gitlab", gitlabSteps, { app: await connect("gitlab", account), first });
  });
});
