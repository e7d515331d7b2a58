import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { DependencyStore, PlatformLayer, readNpmSettings, RunnerHost } from "@millrace/runner";
import { componentRoutes } from "../src/api/routes/components/index.ts";
import { Egress } from "../src/egress/index.ts";
import { ComponentBuilder, Components, egressDownload, seedExamples } from "../src/registry/index.ts";
import { ComponentSearch, LocalEmbedder } from "../src/search/index.ts";
import { addUser, startTestApi, type TestApi } from "../testing/index.ts";

let api: TestApi;
let runner: RunnerHost;
let components: Components;
let dependencies: DependencyStore;
let workDir: string;
let origin: string;
const closing: (() => Promise<unknown>)[] = [];

const files: Record<string, string> = {
  "/acme/source.mjs": `import app from "./acme.app.mjs"; export default { key: "acme-url", name: "By URL", version: "0.0.1", props: { app }, async run() {} };`,
  "/acme/acme.app.mjs": `export default { type: "app", app: "acme", propDefinitions: {} };`,
};

before(async () => {
  workDir = await mkdtemp(join(tmpdir(), "millrace-components-"));
  await chmod(workDir, 0o711);
  const server = createServer((request, response) => {
    const text = files[request.url ?? ""] ?? (request.url === "/big.mjs" ? " ".repeat(5_300_000) : undefined);
    response.writeHead(text === undefined ? 404 : 200).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const egress = new Egress({ rules: { allow: ["127.0.0.1/32"] } });
  runner = await RunnerHost.start({ workDir, nodePath: process.execPath, egress: { allow: [] }, blankCount: 1 });
  const { storeDir } = runner;
  dependencies = new DependencyStore({ storeDir, settings: readNpmSettings(process.env) });
  const builder = new ComponentBuilder({
    runner,
    dependencies,
    platform: new PlatformLayer({ store: dependencies, storeDir }),
    download: egressDownload(egress),
    githubRawUrl: origin,
    onError: () => {},
  });
  const routes = componentRoutes({
    get components() {
      return components;
    },
    get componentSearch() {
      return new ComponentSearch({ db: api.db, embedder: new LocalEmbedder(), onError: () => {} });
    },
    get workspaces() {
      return api.services.workspaces;
    },
  });
  api = await startTestApi({ routes });
  components = new Components({ db: api.db, builder, dependencies });
  closing.push(
    async () => api[Symbol.asyncDispose](),
    () => runner.stop(),
    () => egress.stop(),
    async () => server.close(),
    () => dependencies[Symbol.asyncDispose](),
    () => rm(workDir, { recursive: true, force: true }),
  );
});
after(async () => {
  for (const close of closing) await close();
});

interface ComponentReply {
  data: {
    id: string;
    code: string;
    code_hash: string;
    name: string;
    version: string;
    key: string | null;
    type: string;
    configurable_props: { name: string; type: string }[];
  };
}
interface ErrorReply {
  error: string;
  code: string;
  details?: { path: string; message: string }[];
  stack?: string;
}

async function create(body: object): Promise<ComponentReply["data"]> {
  const reply = await api.call("POST", "/v1/components", { body });
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  return (reply.body as ComponentReply).data;
}

async function refused(body: object): Promise<ErrorReply & { status: number }> {
  const reply = await api.call("POST", "/v1/components", { body });
  return { ...(reply.body as ErrorReply), status: reply.status };
}

function source(key: string, version: string, extra = ""): string {
  return `export default { key: "${key}", name: "Source ${key}", version: "${version}", props: { db: "$.service.db", n: { type: "integer", label: "N" } }, async run() {}, ${extra} };`;
}

test("A component made from code answers in the seed's shape", async () => {
  const code = source("shape", "0.0.1");
  const component = await create({ component_code: code });
  assert.match(component.id, /^sc_[0-9A-Za-z]{7,}$/);
  assert.equal(component.code, code);
  assert.equal(component.code_hash, createHash("sha256").update(code).digest("hex"));
  assert.equal(component.name, "Source shape");
  assert.equal(component.version, "0.0.1");
  assert.equal(component.type, "source");
  assert.deepEqual(component.configurable_props, [
    { name: "db", type: "$.service.db" },
    { name: "n", type: "integer", label: "N" },
  ]);
});

test("The same code twice is one component, also when both arrive together", async () => {
  const code = source("twice", "0.0.1");
  const saved = await Promise.all([1, 2, 3].map(() => create({ component_code: code })));
  saved.push(await create({ component_code: code }));
  assert.equal(new Set(saved.map((component) => component.id)).size, 1);
});

test("Characters that PostgreSQL refuses in text do not matter in code", async () => {
  const odd = String.raw`sampleEmit: "\u0000 \ud800", description: "a\u0000b"`;
  const code = source(String.raw`odd\u0000key`, String.raw`0.0.1\u0000`, odd);
  const first = await create({ component_code: code });
  assert.deepEqual([first.key, first.version], ["oddkey", "0.0.1"]);
  assert.equal((await create({ component_code: code })).id, first.id);
});

test("A key finds the newest saved version, an older one by its version, and an id itself", async () => {
  const first = await create({ component_code: source("versions", "0.0.1") });
  const second = await create({ component_code: source("versions", "0.0.2") });
  const get = async (path: string) => (await api.call("GET", `/v1/components/${path}`)).body as ComponentReply;
  assert.equal((await get("versions")).data.id, second.id);
  assert.equal((await get("versions?version=0.0.1")).data.id, first.id);
  assert.equal((await get(first.id)).data.version, "0.0.1");
  assert.equal((await api.call("GET", "/v1/components/versions?version=9")).status, 404);
  assert.equal((await api.call("GET", "/v1/components/no-such-key")).status, 404);
});

test("A component of another workspace is not found", async () => {
  const component = await create({ component_code: source("private", "0.0.1") });
  const stranger = await addUser(api.db);
  for (const name of [component.id, "private"]) {
    const reply = await api.call("GET", `/v1/components/${name}`, { token: stranger.apiKey });
    assert.equal(reply.status, 404, name);
  }
});

test("A URL brings its relative files; the hash covers all of them", async () => {
  const component = await create({ component_url: `${origin}/acme/source.mjs` });
  assert.equal(component.key, "acme-url");
  assert.equal(component.code, files["/acme/source.mjs"]);
  assert.notEqual(component.code_hash, createHash("sha256").update(component.code).digest("hex"));
  assert.equal(component.configurable_props[0]?.type, "app");
});

test("A GitHub page is read from the raw host", async () => {
  files["/acme/parts/main/one.mjs"] = source("github", "0.0.1");
  const component = await create({ component_url: "https://github.com/acme/parts/blob/main/one.mjs" });
  assert.equal(component.key, "github");
});

test("With code and URL together the code counts and nothing is fetched", async () => {
  const component = await create({ component_code: source("both", "1.0.0"), component_url: "https://x.invalid/y.mjs" });
  assert.equal(component.key, "both");
});

test("Neither code nor URL, and addresses that cannot be used, answer 400 that says so", async () => {
  assert.equal((await refused({})).status, 400);
  const noForm = await refused({ component_url: "ftp://x/y.mjs" });
  assert.deepEqual([noForm.status, noForm.details?.[0]?.path], [400, "component_url"]);
  const isPrivate = await refused({ component_url: "http://169.254.169.254/x.mjs" });
  assert.equal(isPrivate.status, 400);
  assert.match(isPrivate.error, /not reachable/);
});

test("What is missing or too large answers 422 that says so", async () => {
  const missing = await refused({ component_url: `${origin}/none.mjs` });
  assert.deepEqual([missing.status, missing.code], [422, "component_invalid"]);
  assert.match(missing.error, /none\.mjs was not found/);
  const large = await refused({ component_url: `${origin}/big.mjs` });
  assert.equal(large.status, 422);
  assert.match(large.error, /larger than 5 MB/);
});

test("Code that cannot be a component answers 422 with message, line and stack, and nothing is stored", async () => {
  const count = async () => (await api.db.query<{ n: number }>("select count(*) as n from components")).rows[0]?.n;
  const before = await count();
  const broken = await refused({ component_code: `export default {\n  run() { return 1 + ; }\n};` });
  assert.equal(broken.status, 422);
  assert.match(broken.error, /component\.mjs:2:22/);
  const throwing = await refused({ component_code: `const a = 1;\nthrow new Error("no good");\nexport default {};` });
  assert.equal(throwing.status, 422);
  assert.match(throwing.error, /no good/);
  assert.match(throwing.stack ?? "", /component\.mjs:2/);
  const empty = await refused({ component_code: `export const a = 1;` });
  assert.equal(empty.status, 422);
  const apphook = await refused({
    component_code: `export default { props: { h: { type: "$.interface.apphook" } }, run() {} };`,
  });
  assert.equal(apphook.status, 422);
  assert.match(apphook.error, /apphook/);
  assert.equal(await count(), before);
});

test("Code that loops for ever while it is imported answers 422 within ten seconds", { timeout: 20_000 }, async () => {
  const startedAtMs = Date.now();
  const looping = await refused({ component_code: `for (;;);\nexport default {};` });
  assert.equal(looping.status, 422, JSON.stringify(looping));
  assert.ok(Date.now() - startedAtMs < 10_000);
});

test("An unknown package or version answers 422 that names it", async () => {
  const unknown = await refused({ component_code: `import x from "millrace-no-such-package"; export default { x };` });
  assert.deepEqual([unknown.status, unknown.code], [422, "dependency_not_found"]);
  assert.match(unknown.error, /millrace-no-such-package/);
  const version = await refused({ component_code: `import ms from "ms@99.0.0"; export default { ms };` });
  assert.equal(version.status, 422);
  assert.match(version.error, /ms@99\.0\.0/);
});

test("A third-party component is saved from its npm package and can be loaded", async () => {
  const component = await create({
    component_url: "npm:@pipedream/postgresql@2.2.4/sources/new-row/new-row.mjs",
  });
  assert.equal(component.key, "postgresql-new-row");
  assert.deepEqual(
    component.configurable_props.map((prop) => prop.name),
    ["postgresql", "db", "timer", "rejectUnauthorized", "schema", "table", "column"].filter((name) =>
      component.configurable_props.some((prop) => prop.name === name),
    ),
  );
  const { org_id } = api.credentials;
  const bundle = await components.bundleOf({ orgId: org_id, componentId: component.id });
  await rm(bundle.dependencyDir ?? "", { recursive: true });
  const again = await components.bundleOf({ orgId: org_id, componentId: component.id });
  assert.deepEqual(again, bundle);
  assert.equal((await runner.inspect(again, { orgId: org_id })).key, "postgresql-new-row");
});

test("The registry shows published components to every workspace, which use copies of their own", async () => {
  const stranger = await addUser(api.db);
  const first = await create({ component_code: source("shared", "0.0.1") });
  const second = await create({ component_code: source("shared", "0.0.2") });
  assert.equal((await api.call("GET", "/v1/components/registry/shared")).status, 404);
  assert.equal((await api.call("POST", `/v1/components/${first.id}/publish`)).status, 200);
  const seen = await api.call("GET", "/v1/components/shared", { token: stranger.apiKey });
  assert.equal((seen.body as ComponentReply).data.id, first.id);

  const copy = await components.find(stranger.orgId ?? "", "shared");
  assert.equal(copy?.orgId, stranger.orgId);
  assert.equal((await components.find(stranger.orgId ?? "", first.id))?.componentId, copy?.componentId);
  assert.equal((await components.find(stranger.orgId ?? "", copy?.componentId ?? ""))?.codeHash, first.code_hash);

  assert.equal((await api.call("POST", `/v1/components/${second.id}/publish`)).status, 200);
  assert.equal((await components.find(stranger.orgId ?? "", "shared"))?.definition.version, "0.0.2");
  const foreign = await api.call("DELETE", "/v1/components/registry/shared", { token: stranger.apiKey });
  assert.equal(foreign.status, 404);
  assert.equal((await api.call("DELETE", "/v1/components/registry/shared")).status, 200);
  assert.equal(await components.find(stranger.orgId ?? "", "shared"), null);
});

test("Publishing needs a key and a version, and a key that no other workspace holds", async () => {
  const nameless = await create({ component_code: `export default { name: "x", run() {} };` });
  assert.equal((await api.call("POST", `/v1/components/${nameless.id}/publish`)).status, 400);
  const operator = await addUser(api.db, { memberOf: { orgId: api.credentials.org_id, role: "admin" } });
  const mine = await create({ component_code: source("taken", "0.0.1") });
  await api.call("POST", `/v1/components/${mine.id}/publish`);
  const theirs = await components.createFromCode(operator.orgId ?? "", source("taken", "6.6.6"));
  const reply = await api.call("POST", `/v1/components/${theirs.componentId}/publish`, { token: operator.apiKey });
  assert.equal(reply.status, 409);
});

test("Only admins of the instance's first workspace publish for all workspaces", async () => {
  const stranger = await addUser(api.db);
  const theirs = await components.createFromCode(stranger.orgId ?? "", source("theirs-alone", "0.0.1"));
  const publish = (token: string) =>
    api.call("POST", `/v1/components/${theirs.componentId}/publish`, { token }).then(({ status }) => status);
  assert.equal(await publish(stranger.apiKey), 403);
  assert.equal(await publish(api.credentials.api_key), 404);
  assert.equal((await api.call("GET", "/v1/components/registry/theirs-alone")).status, 404);
});

test("Examples are published once; what was taken out stays out", async () => {
  const dir = join(workDir, "examples");
  await mkdir(join(dir, "greeter"), { recursive: true });
  await writeFile(join(dir, "greeter/greeter.mjs"), source("greeter", "0.0.1"));
  const services = { db: api.db, components };
  const options = { dir, orgId: api.credentials.org_id };
  await seedExamples(services, options);
  assert.equal((await api.call("GET", "/v1/components/registry/greeter")).status, 200);
  await api.call("DELETE", "/v1/components/registry/greeter");
  await seedExamples(services, options);
  assert.equal((await api.call("GET", "/v1/components/registry/greeter")).status, 404);
});

test("Dependency sets of saved components are no garbage", async () => {
  await create({ component_code: `import ms from "ms@2.1.3"; export default { name: "ms", ms };` });
  const inAMonthMs = Date.now() + 30 * 24 * 60 * 60 * 1000;
  const dropped = await dependencies.ensure([{ alias: "pin-ms-2.0.0", name: "ms", range: "2.0.0" }]);
  assert.ok(dropped.dir);
  assert.ok((await components.collectGarbage(inAMonthMs)) >= 1);
  const component = await create({ component_code: `import ms from "ms@2.1.3"; export default { name: "ms", ms };` });
  const bundle = await components.bundleOf({ orgId: api.credentials.org_id, componentId: component.id });
  assert.equal((await runner.inspect(bundle, { orgId: api.credentials.org_id })).name, "ms");
});
