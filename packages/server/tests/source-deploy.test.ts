import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startTestServer, type TestServer } from "../testing/test-server.ts";
import { requestSource, TestSource } from "../testing/test-source.ts";

let server: TestServer;
before(async () => (server = await startTestServer()));
after(() => server.close());

interface Problem {
  error: string;
  code: string;
  details?: { path: string; message: string }[];
  stack?: string;
}

/** Every row that a source could have left. */
async function leftovers(): Promise<Record<string, number>> {
  const tables = [
    "sources",
    "endpoints",
    "timers",
    "source_db",
    "dedupe_memory",
    "subscriptions",
    "source_runs",
    "events",
  ];
  const counts: Record<string, number> = {};
  for (const table of [...tables, "emitter_heads", "deliveries", "scheduled_emits"]) {
    const { rows } = await server.db.query<{ count: number }>(`select count(*) as count from ${table}`);
    counts[table] = rows[0]?.count ?? 0;
  }
  return counts;
}

test("a source is deployed with the reply of the reference", async () => {
  const code = `{
    name: "New Item in Feed", version: "0.0.1",
    props: { url: { type: "string" }, timer: { type: "$.interface.timer", default: { intervalSeconds: 900 } } },
    run() {},
  }`;
  const props = { url: "https://rss.example.com", timer: { intervalSeconds: 60 } };
  const { data } = await TestSource.deploy(server, { code, props, name: "your-name-here" });
  const { id, component_id, created_at, updated_at, ...rest } = data;
  assert.match(JSON.stringify([id, component_id]), /^\["dc_\w{7,}","sc_\w{7,}"\]$/);
  assert.ok(Number.isInteger(created_at) && created_at === updated_at);
  assert.deepEqual(rest, {
    user_id: server.userId,
    owner_id: server.orgId,
    configured_props: { url: "https://rss.example.com", timer: { cron: null, interval_seconds: 60 } },
    active: true,
    name: "your-name-here",
    name_slug: "your-name-here",
  });
});

test("without a name the component's own slug is taken, and slugs are numbered", async () => {
  const code = `{ name: "Same Name!", run() {} }`;
  const slugs = [];
  for (let i = 0; i < 3; i++) slugs.push((await TestSource.deploy(server, { code })).data);
  assert.deepEqual(
    slugs.map((data) => [data["name"], data["name_slug"]]),
    [
      ["same-name", "same-name"],
      ["same-name", "same-name-2"],
      ["same-name", "same-name-3"],
    ],
  );
});

test("sources created at once all get slugs of their own", async () => {
  const sources = await Promise.all(
    Array.from({ length: 8 }, () => TestSource.deploy(server, { code: `{ name: "Racing", run() {} }` })),
  );
  assert.equal(new Set(sources.map((source) => source.data["name_slug"])).size, 8);
});

test("sources that are renamed at once to one name all get slugs of their own", async () => {
  const code = `{ name: "Before", run() {} }`;
  const sources = await Promise.all(Array.from({ length: 4 }, () => TestSource.deploy(server, { code })));
  const replies = await Promise.all(
    sources.map(({ id }) => server.call("PUT", `/sources/${id}`, { name: "All Alike" })),
  );
  assert.deepEqual(
    replies.map(({ status }) => status),
    [200, 200, 200, 200],
  );
});

test("component_id is preferred over code and url", async () => {
  const saved = await TestSource.deploy(server, { code: `{ name: "Saved", run() {} }` });
  const reply = await server.call("POST", "/sources", {
    component_id: saved.data["component_id"],
    component_code: "export default { name: 'Other', run() {} }",
    component_url: "https://example.com/nowhere.mjs",
  });
  assert.equal((reply.body as { data: { component_id: string } }).data.component_id, saved.data["component_id"]);
});

test("hooks run in order, deploy before activate, and share the store", async () => {
  const source = await TestSource.deploy(server, {
    code: `{
      props: { db: "$.service.db" },
      hooks: {
        async deploy() { this.db.set("order", ["deploy"]); this.$emit({ from: "deploy" }); },
        async activate() { this.db.set("order", [...this.db.get("order"), "activate"]); this.$emit(this.db.get("order")); },
      },
      run() {},
    }`,
  });
  assert.deepEqual(await source.events(), [{ from: "deploy" }, ["deploy", "activate"]]);
  const runs = await source.runs();
  assert.deepEqual(
    runs.map((run) => run.cause),
    ["deploy", "activate"],
  );
});

test("the endpoint answers while activate waits for it, by a run at the same time", async () => {
  const source = await TestSource.deploy(server, {
    code: `{
      props: { db: "$.service.db", http: { type: "$.interface.http", customResponse: true } },
      hooks: {
        async activate() {
          const reply = await fetch(this.http.endpoint + "/check?validationToken=t0k", { method: "POST" });
          this.$emit({ status: reply.status, text: await reply.text() });
        },
      },
      run(event) {
        this.db.set("handshake", event.path);
        this.http.respond({ status: "200", body: event.query.validationToken });
      },
    }`,
  });
  assert.deepEqual(await source.events(), [{ status: 200, text: "t0k" }]);
  const { rows } = await server.db.query("select key, value from source_db where source_id = $1", [source.id]);
  assert.deepEqual(rows, [{ key: "handshake", value: '"/check"' }]);
});

for (const hook of ["deploy", "activate"]) {
  test(`a throwing ${hook} hook is 422 with the user's message and stack, and leaves nothing`, async () => {
    const before = await leftovers();
    const reply = await requestSource(server, {
      code: `{
        name: "Fails in ${hook}",
        dedupe: "unique",
        props: { db: "$.service.db", http: "$.interface.http", timer: { type: "$.interface.timer", default: { intervalSeconds: 60 } } },
        hooks: {
          async deploy() { this.db.set("a", 1); this.$emit({ early: true }, { id: 1 }); await fetch(this.http.endpoint, { method: "POST" }); if ("${hook}" === "deploy") throw new Error("no luck in deploy"); },
          async activate() { throw new Error("no luck in activate"); },
        },
        run() { this.$emit({ ran: true }, { id: 2 }); },
      }`,
    });
    const body = reply.body as Problem;
    assert.equal(reply.status, 422);
    assert.equal(body.code, "hook_failed");
    assert.match(body.error, new RegExp(`no luck in ${hook}`));
    assert.match(body.stack ?? "", new RegExp(`no luck in ${hook}`));
    assert.deepEqual(await leftovers(), before);
  });
}

test("missing, ill-typed and foreign props are all named, and nothing is stored", async () => {
  const before = await leftovers();
  const reply = await requestSource(server, {
    code: `{
      props: {
        slack: { type: "app", app: "slack" },
        url: { type: "string" },
        count: { type: "integer" },
        timer: { type: "$.interface.timer" },
      },
      methods: { token() { return this.slack.$auth.token; } },
      run() {},
    }`,
    props: { slack: { authProvisionId: "apn_foreign" }, count: "x", timer: { cron: "99 * * * *" } },
  });
  assert.equal(reply.status, 400);
  const { details = [] } = reply.body as Problem;
  assert.deepEqual(details.map((detail) => detail.path).toSorted(), [
    "configured_props.count",
    "configured_props.slack",
    "configured_props.timer",
    "configured_props.url",
  ]);
  assert.deepEqual(await leftovers(), before);
});

test("an app that looks at no credentials needs no account", async () => {
  await TestSource.deploy(server, {
    code: `{ props: { rss: { type: "app", app: "rss" } }, run() {} }`,
  });
});

test("no component, an unknown one, and one that is no source are refused", async () => {
  const none = await server.call("POST", "/sources", {});
  assert.deepEqual([none.status, (none.body as Problem).details?.[0]?.path], [400, "component_id"]);
  const unknown = await server.call("POST", "/sources", { component_id: "sc_unknown1" });
  assert.deepEqual([unknown.status, (unknown.body as Problem).details?.[0]?.path], [400, "component_id"]);
  const action = await requestSource(server, { code: `{ type: "action", name: "A", run() {} }` });
  assert.deepEqual([action.status, (action.body as Problem).details?.[0]?.path], [400, "component_code"]);
});

test("an app hook is refused as not supported", async () => {
  const reply = await requestSource(server, {
    code: `{ props: { hook: { type: "$.interface.apphook", appProp: "slack", eventNames: ["x"] } }, run() {} }`,
  });
  assert.equal(reply.status, 422);
  assert.match((reply.body as Problem).error, /apphook/);
});

test("secrets are sealed in the database, masked in replies, and plain to the component", async () => {
  const source = await TestSource.deploy(server, {
    code: `{
      props: { key: { type: "string", secret: true } },
      hooks: { deploy() { this.$emit({ length: this.key.length }); } },
      run() {},
    }`,
    props: { key: "pl41n-secret" },
  });
  assert.deepEqual(source.data["configured_props"], { key: "********" });
  assert.deepEqual(await source.events(), [{ length: 12 }]);
  const { rows } = await server.db.query<{ configured_props: string }>(
    "select configured_props from sources where source_id = $1",
    [source.id],
  );
  assert.doesNotMatch(rows[0]?.configured_props ?? "", /pl41n/);
});

test("defaults of required and hidden props reach the component", async () => {
  const source = await TestSource.deploy(server, {
    code: `{
      props: {
        size: { type: "integer", default: 7 },
        state: { type: "object", hidden: true, default: { cursor: "c" } },
      },
      hooks: { deploy() { this.$emit({ size: this.size, state: this.state, extra: this.extra }); } },
      run() {},
    }`,
    props: { extra: "dynamic" },
  });
  assert.deepEqual(await source.events(), [{ size: 7, state: { cursor: "c" }, extra: "dynamic" }]);
});

test("sources are listed for the user and the workspace, newest first, and found by id", async () => {
  const source = await TestSource.deploy(server, { code: `{ name: "Listed", run() {} }` });
  for (const path of ["/users/me/sources", `/orgs/${server.orgId}/sources`, `/workspaces/${server.orgId}/sources`]) {
    const { body } = await server.call("GET", `${path}?limit=2`);
    const page = body as { page_info: { count: number; total_count: number }; data: { id: string }[] };
    assert.equal(page.page_info.count, 2);
    assert.ok(page.page_info.total_count > 2);
    assert.equal(page.data[0]?.id, source.id);
  }
  assert.deepEqual(await source.get(), source.data);
  assert.equal((await server.call("GET", "/sources/dc_unknown12")).status, 404);
});

test("PD_COMPONENT names the source", async () => {
  const source = await TestSource.deploy(server, {
    code: `{ hooks: { deploy() { this.$emit({ id: process.env.PD_COMPONENT }); } }, run() {} }`,
  });
  assert.deepEqual(await source.events(), [{ id: source.id }]);
});
