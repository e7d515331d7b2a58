import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { seedExamples } from "../src/registry/index.ts";
import { addUser } from "../testing/index.ts";
import { startComponentWorld, source, type ComponentWorld, type ComponentReply } from "./components/component-world.ts";

let world: ComponentWorld;
before(async () => {
  world = await startComponentWorld();
});
after(() => world.close());

test("The registry shows published components to every workspace, which use copies of their own", async () => {
  const stranger = await addUser(world.api.db);
  const first = await world.create({ component_code: source("shared", "0.0.1") });
  const second = await world.create({ component_code: source("shared", "0.0.2") });
  assert.equal((await world.api.call("GET", "/v1/components/registry/shared")).status, 404);
  assert.equal((await world.api.call("POST", `/v1/components/${first.id}/publish`)).status, 200);
  const seen = await world.api.call("GET", "/v1/components/shared", { token: stranger.apiKey });
  assert.equal((seen.body as ComponentReply).data.id, first.id);

  const copy = await world.components.find(stranger.orgId ?? "", "shared");
  assert.equal(copy?.orgId, stranger.orgId);
  assert.equal((await world.components.find(stranger.orgId ?? "", first.id))?.componentId, copy?.componentId);
  assert.equal((await world.components.find(stranger.orgId ?? "", copy?.componentId ?? ""))?.codeHash, first.code_hash);

  assert.equal((await world.api.call("POST", `/v1/components/${second.id}/publish`)).status, 200);
  assert.equal((await world.components.find(stranger.orgId ?? "", "shared"))?.definition.version, "0.0.2");
  const foreign = await world.api.call("DELETE", "/v1/components/registry/shared", { token: stranger.apiKey });
  assert.equal(foreign.status, 404);
  assert.equal((await world.api.call("DELETE", "/v1/components/registry/shared")).status, 200);
  assert.equal(await world.components.find(stranger.orgId ?? "", "shared"), null);
});

test("Publishing needs a key and a version, and a key that no other workspace holds", async () => {
  const nameless = await world.create({ component_code: `export default { name: "x", run() {} };` });
  assert.equal((await world.api.call("POST", `/v1/components/${nameless.id}/publish`)).status, 400);
  const operator = await addUser(world.api.db, { memberOf: { orgId: world.api.credentials.org_id, role: "admin" } });
  const mine = await world.create({ component_code: source("taken", "0.0.1") });
  await world.api.call("POST", `/v1/components/${mine.id}/publish`);
  const theirs = await world.components.createFromCode(operator.orgId ?? "", source("taken", "6.6.6"));
  const reply = await world.api.call("POST", `/v1/components/${theirs.componentId}/publish`, {
    token: operator.apiKey,
  });
  assert.equal(reply.status, 409);
});

test("Only admins of the instance's first workspace publish for all workspaces", async () => {
  const stranger = await addUser(world.api.db);
  const theirs = await world.components.createFromCode(stranger.orgId ?? "", source("theirs-alone", "0.0.1"));
  const publish = (token: string) =>
    world.api.call("POST", `/v1/components/${theirs.componentId}/publish`, { token }).then(({ status }) => status);
  assert.equal(await publish(stranger.apiKey), 403);
  assert.equal(await publish(world.api.credentials.api_key), 404);
  assert.equal((await world.api.call("GET", "/v1/components/registry/theirs-alone")).status, 404);
});

test("Examples are published once; what was taken out stays out", async () => {
  const dir = join(world.workDir, "examples");
  await mkdir(join(dir, "greeter"), { recursive: true });
  await writeFile(join(dir, "greeter/greeter.mjs"), source("greeter", "0.0.1"));
  const services = { db: world.api.db, components: world.components };
  const options = { dir, orgId: world.api.credentials.org_id };
  await seedExamples(services, options);
  assert.equal((await world.api.call("GET", "/v1/components/registry/greeter")).status, 200);
  await world.api.call("DELETE", "/v1/components/registry/greeter");
  await seedExamples(services, options);
  assert.equal((await world.api.call("GET", "/v1/components/registry/greeter")).status, 404);
});

test("Dependency sets of saved world.components are no garbage", async () => {
  await world.create({ component_code: `import ms from "ms@2.1.3"; export default { name: "ms", ms };` });
  const inAMonthMs = Date.now() + 30 * 24 * 60 * 60 * 1000;
  const dropped = await world.dependencies.ensure([{ alias: "pin-ms-2.0.0", name: "ms", range: "2.0.0" }]);
  assert.ok(dropped.dir);
  assert.ok((await world.components.collectGarbage(inAMonthMs)) >= 1);
  const component = await world.create({
    component_code: `import ms from "ms@2.1.3"; export default { name: "ms", ms };`,
  });
  const bundle = await world.components.bundleOf({ orgId: world.api.credentials.org_id, componentId: component.id });
  assert.equal((await world.runner.inspect(bundle, { orgId: world.api.credentials.org_id })).name, "ms");
});
