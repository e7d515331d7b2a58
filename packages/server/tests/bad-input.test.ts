import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { type ApiCaller, type ApiReply, type Platform, startPlatform } from "../testing/instance/index.ts";

const ANSWER_WITHIN_MS = 10_000;
const TABLES = ["components", "sources", "endpoints", "timers", "source_db", "dedupe_memory", "events", "deliveries"];

interface Problem {
  error: string;
  code: string;
  details?: { path: string; message: string }[];
  stack?: string;
}

describe("input that cannot become a source", () => {
  let platform: Platform;
  let api: ApiCaller;
  before(async () => {
    platform = await startPlatform();
    api = platform.api;
  });
  after(() => platform[Symbol.asyncDispose]());

  /** Counts what is stored, so that a refused request can be shown to leave nothing. */
  async function stored(): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const table of TABLES) {
      const { rows } = await platform.db.pool.query<{ n: number }>(`select count(*)::int as n from ${table}`);
      counts[table] = rows[0]?.n ?? 0;
    }
    return counts;
  }

  async function refused(path: string, body: unknown, status: number): Promise<Problem> {
    const before = await stored();
    const startedAtMs = performance.now();
    const reply: ApiReply = await api.call("POST", path, body);
    const tookMs = performance.now() - startedAtMs;
    assert.equal(reply.status, status, JSON.stringify(reply.body));
    assert.ok(tookMs < ANSWER_WITHIN_MS, `answered after ${Math.round(tookMs)} ms`);
    assert.deepEqual(await stored(), before, "nothing is stored");
    return reply.body as Problem;
  }

  /** The same refusal for saving a component and for deploying a source. */
  async function refusedEverywhere(body: Record<string, unknown>, status: number): Promise<Problem> {
    await refused("/sources", body, status);
    return refused("/components", body, status);
  }

  test("code that does not parse is 422 with the line", async () => {
    const problem = await refusedEverywhere({ component_code: "export default {\n  name: 'x',\n  run( {\n};" }, 422);
    assert.equal(problem.code, "component_invalid");
    assert.match(JSON.stringify(problem), /:[34]\b|line [34]/i);
  });

  test("code that throws on import is 422 with its own message, line and stack", async () => {
    const code =
      "const settings = {};\n\nfunction load() {\n  throw new Error('no settings');\n}\nload();\nexport default {};";
    const problem = await refusedEverywhere({ component_code: code }, 422);
    assert.match(problem.error, /no settings/);
    assert.match(JSON.stringify(problem), /load.*:4\b/);
    assert.doesNotMatch(JSON.stringify(problem), /packages\/(server|runner)/, "no stack of ours");
  });

  test("code that loops for ever on import is 422 within ten seconds", async () => {
    const problem = await refusedEverywhere({ component_code: "while (true);\nexport default {};" }, 422);
    assert.match(problem.error, /import|load|time|long/i);
  });

  test("code that never finishes its import is 422 within ten seconds", async () => {
    await refusedEverywhere({ component_code: "await new Promise(() => {});\nexport default {};" }, 422);
  });

  for (const [what, code] of Object.entries({
    nothing: "const x = 1;",
    "a number": "export default 42;",
    null: "export default null;",
    "only names": "export const name = 'x'; export function run() {}",
  })) {
    test(`code that exports ${what} is 422`, async () => {
      const problem = await refusedEverywhere({ component_code: code }, 422);
      assert.match(problem.error, /export/i);
    });
  }

  test("code that ends its process on import is 422", async () => {
    await refusedEverywhere({ component_code: "process.exit(0);\nexport default {};" }, 422);
  });

  test("an action or an app cannot be deployed as a source, nor a source with an apphook", async () => {
    const action = "export default { name: 'A', version: '0.0.1', type: 'action', run() {} };";
    assert.ok([400, 422].includes((await api.call("POST", "/sources", { component_code: action })).status));
    const apphook = `export default { name: "A", version: "0.0.1", type: "source",
      props: { hook: { type: "$.interface.apphook" } }, run() {} };`;
    const problem = await refused("/sources", { component_code: apphook }, 422);
    assert.match(problem.error, /apphook/);
  });

  test("an unknown package or version is 422 naming it", async () => {
    const missing = "import x from 'millrace-no-such-package-7f3a';\nexport default { run() { return x; } };";
    const problem = await refusedEverywhere({ component_code: missing }, 422);
    assert.equal(problem.code, "dependency_not_found");
    assert.match(problem.error, /millrace-no-such-package-7f3a/);
    const version = "import ms from 'ms@99.99.99';\nexport default { run() { return ms; } };";
    assert.match((await refusedEverywhere({ component_code: version }, 422)).error, /ms@?.*99\.99\.99/);
    const url = "npm:@pipedream/postgresql@99.0.0/sources/new-row/new-row.mjs";
    assert.match((await refusedEverywhere({ component_url: url }, 422)).error, /@pipedream\/postgresql.*99\.0\.0/);
  });

  test("a component_url that is not found, too big, or no URL at all says which", async () => {
    const web = createServer((request, response) => {
      if (request.url === "/big.mjs") return void response.end(`export default {};//${"x".repeat(6_000_000)}`);
      response.statusCode = 404;
      response.end();
    });
    web.listen(0, "127.0.0.1");
    await once(web, "listening");
    const address = web.address();
    const base = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
    try {
      assert.match(
        (await refusedEverywhere({ component_url: `${base}/big.mjs` }, 422)).error,
        /5 ?MB|too (big|large)|larger/i,
      );
      assert.match((await refusedEverywhere({ component_url: `${base}/none.mjs` }, 422)).error, /404|not found/i);
    } finally {
      web.close();
    }
    await refusedEverywhere({ component_url: "not a url" }, 400);
    await refusedEverywhere({ component_url: "ftp://example.com/x.mjs" }, 400);
  });

  test("neither code, URL, key nor id is 400", async () => {
    await refusedEverywhere({}, 400);
  });

  const NEEDY = `export default { name: "Needy", version: "0.0.1", type: "source", props: {
    slack: { type: "app", app: "slack" }, feed: { type: "string" }, size: { type: "integer" },
    tags: { type: "string[]" }, timer: { type: "$.interface.timer" }, note: { type: "string", optional: true },
  }, run() { return this.slack.$auth; } };`;

  before(async () => {
    const github = `export default { name: "G", version: "0.0.1", props: { github: { type: "app", app: "github" } }, run() {} };`;
    for (const component_code of [NEEDY, github]) await api.data("POST", "/components", { component_code });
  });

  test("missing props are 400, each by its name", async () => {
    const problem = await refused("/sources", { component_code: NEEDY, configured_props: { feed: "f" } }, 400);
    const paths = problem.details?.map((detail) => detail.path.split(".").at(-1)).toSorted();
    assert.deepEqual(paths, ["size", "slack", "tags", "timer"]);
  });

  test("props of a wrong type are 400, each by its name", async () => {
    const account = await api.data<{ id: string }>("POST", "/accounts", { app: "slack", credentials: { token: "t" } });
    const slack = { authProvisionId: account.id };
    const wrong = { feed: { a: 1 }, size: "many", tags: 7, timer: { intervalSeconds: -1 } };
    const problem = await refused("/sources", { component_code: NEEDY, configured_props: { slack, ...wrong } }, 400);
    const paths = problem.details?.map((detail) => detail.path.split(".")[1] ?? "");
    assert.deepEqual(
      [...new Set(paths)].toSorted((a, b) => a.localeCompare(b)),
      ["feed", "size", "tags", "timer"],
    );
  });

  test("accounts that are unknown, of another app or of another workspace are 400 and look alike", async () => {
    const props = { feed: "f", size: 1, tags: ["x"], timer: { intervalSeconds: 60 } };
    const other = await api.data<{ id: string }>("POST", "/accounts", { app: "github", credentials: { token: "t" } });
    const workspace = await api.data<{ id: string }>("POST", "/workspaces", { name: "Elsewhere" });
    const foreign = await api.data<{ id: string }>("POST", `/accounts?org_id=${workspace.id}`, {
      app: "slack",
      credentials: { token: "t" },
    });
    const org_id = platform.credentials.org_id;
    for (const id of ["apn_0000000", other.id, foreign.id]) {
      const configured_props = { ...props, slack: { authProvisionId: id } };
      const problem = await refused("/sources", { component_code: NEEDY, configured_props, org_id }, 400);
      assert.match(problem.details?.map((detail) => detail.path).join() ?? "", /slack/);
    }
  });

  for (const hook of ["deploy", "activate"]) {
    test(`a hook that throws (${hook}) is 422 with its message, and leaves no source, endpoint, timer or row`, async () => {
      const code = `export default { name: "Thrower", version: "0.0.1", type: "source",
        props: { http: "$.interface.http", db: "$.service.db",
          timer: { type: "$.interface.timer", default: { intervalSeconds: 60 } } },
        hooks: { async ${hook}() { this.db.set("k", 1); this.$emit({ early: true }); throw new Error("no such table"); } },
        run() {} };`;
      const { org_id } = platform.credentials;
      const saved = await api.data<{ id: string }>("POST", "/components", { component_code: code, org_id });
      const problem = await refused("/sources", { component_id: saved.id, org_id }, 422);
      assert.equal(problem.code, "hook_failed");
      assert.match(problem.error, /no such table/);
    });
  }
});

test("a private component_url is refused before it is fetched", async () => {
  await using platform = await startPlatform({});
  const digest = createHash("sha256").update("x").digest("hex").slice(0, 8);
  for (const host of ["127.0.0.1", "localhost", "10.0.0.1", "169.254.169.254", "[::1]", "0.0.0.0", "2130706433"]) {
    const reply = await platform.api.call("POST", "/components", { component_url: `https://${host}/${digest}.mjs` });
    assert.ok(reply.status === 422 || reply.status === 400, `${host}: ${reply.status}`);
    assert.match((reply.body as Problem).error, /private|not allowed|loopback|refused|address/i, host);
  }
});
