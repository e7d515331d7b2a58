import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { after, before, test } from "node:test";
import { addUser } from "../testing/index.ts";
import {
  startComponentWorld,
  source,
  type ComponentWorld,
  type ComponentReply,
  type ErrorReply,
} from "./components/component-world.ts";

let world: ComponentWorld;
before(async () => {
  world = await startComponentWorld();
});
after(() => world.close());

async function refused(body: object): Promise<ErrorReply & { status: number }> {
  const reply = await world.api.call("POST", "/v1/components", { body });
  return { ...(reply.body as ErrorReply), status: reply.status };
}

test("A component made from code answers in the seed's shape", async () => {
  const code = source("shape", "0.0.1");
  const component = await world.create({ component_code: code });
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
  const saved = await Promise.all([1, 2, 3].map(() => world.create({ component_code: code })));
  saved.push(await world.create({ component_code: code }));
  assert.equal(new Set(saved.map((component) => component.id)).size, 1);
});

test("Characters that PostgreSQL refuses in text do not matter in code", async () => {
  const odd = String.raw`sampleEmit: "\u0000 \ud800", description: "a\u0000b"`;
  const code = source(String.raw`odd\u0000key`, String.raw`0.0.1\u0000`, odd);
  const first = await world.create({ component_code: code });
  assert.deepEqual([first.key, first.version], ["oddkey", "0.0.1"]);
  assert.equal((await world.create({ component_code: code })).id, first.id);
});

test("A key finds the newest saved version, an older one by its version, and an id itself", async () => {
  const first = await world.create({ component_code: source("versions", "0.0.1") });
  const second = await world.create({ component_code: source("versions", "0.0.2") });
  const get = async (path: string) => (await world.api.call("GET", `/v1/components/${path}`)).body as ComponentReply;
  assert.equal((await get("versions")).data.id, second.id);
  assert.equal((await get("versions?version=0.0.1")).data.id, first.id);
  assert.equal((await get(first.id)).data.version, "0.0.1");
  assert.equal((await world.api.call("GET", "/v1/components/versions?version=9")).status, 404);
  assert.equal((await world.api.call("GET", "/v1/components/no-such-key")).status, 404);
});

test("A component of another workspace is not found", async () => {
  const component = await world.create({ component_code: source("private", "0.0.1") });
  const stranger = await addUser(world.api.db);
  for (const name of [component.id, "private"]) {
    const reply = await world.api.call("GET", `/v1/components/${name}`, { token: stranger.apiKey });
    assert.equal(reply.status, 404, name);
  }
});

test("A URL brings its relative files; the hash covers all of them", async () => {
  const component = await world.create({ component_url: `${world.origin}/acme/source.mjs` });
  assert.equal(component.key, "acme-url");
  assert.equal(component.code, world.files["/acme/source.mjs"]);
  assert.notEqual(component.code_hash, createHash("sha256").update(component.code).digest("hex"));
  assert.equal(component.configurable_props[0]?.type, "app");
});

test("A GitHub page is read from the raw host", async () => {
  world.files["/acme/parts/main/one.mjs"] = source("github", "0.0.1");
  const component = await world.create({ component_url: "https://github.com/acme/parts/blob/main/one.mjs" });
  assert.equal(component.key, "github");
});

test("With code and URL together the code counts and nothing is fetched", async () => {
  const component = await world.create({
    component_code: source("both", "1.0.0"),
    component_url: "https://x.invalid/y.mjs",
  });
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
  const missing = await refused({ component_url: `${world.origin}/none.mjs` });
  assert.deepEqual([missing.status, missing.code], [422, "component_invalid"]);
  assert.match(missing.error, /none\.mjs was not found/);
  const large = await refused({ component_url: `${world.origin}/big.mjs` });
  assert.equal(large.status, 422);
  assert.match(large.error, /larger than 5 MB/);
});

test("Code that cannot be a component answers 422 with message, line and stack, and nothing is stored", async () => {
  const count = async () =>
    (await world.api.db.query<{ n: number }>("select count(*) as n from components")).rows[0]?.n;
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
  const component = await world.create({
    component_url: "npm:@pipedream/postgresql@2.2.4/sources/new-row/new-row.mjs",
  });
  assert.equal(component.key, "postgresql-new-row");
  assert.deepEqual(
    component.configurable_props.map((prop) => prop.name),
    ["postgresql", "db", "timer", "rejectUnauthorized", "schema", "table", "column"].filter((name) =>
      component.configurable_props.some((prop) => prop.name === name),
    ),
  );
  const { org_id } = world.api.credentials;
  const bundle = await world.components.bundleOf({ orgId: org_id, componentId: component.id });
  await rm(bundle.dependencyDir ?? "", { recursive: true });
  const again = await world.components.bundleOf({ orgId: org_id, componentId: component.id });
  assert.deepEqual(again, bundle);
  assert.equal((await world.runner.inspect(again, { orgId: org_id })).key, "postgresql-new-row");
});
