import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { MillraceClient, type CallReply } from "@millrace/client";
import { publishAll } from "../src/registry/published.ts";
import { addUser, startTestServer, type TestServer } from "../testing/index.ts";

type Import = CallReply<"getRegistryImport">["data"];
interface File {
  path: string;
  content: string;
}

let server: TestServer;
let client: MillraceClient;
before(async () => {
  server = await startTestServer();
  client = new MillraceClient({ url: server.url, token: server.apiKey });
});
after(() => server.close());

function component(key: string, { version = "0.0.1", body = "" } = {}): string {
  const fields = `key: "${key}", name: "Do ${key}", version: "${version}", type: "action", props: { app }`;
  return `import app from "../acme.app.mjs"; ${body} export default { ${fields}, async run() {} };`;
}

const APP = { path: "acme/acme.app.mjs", content: `export default { type: "app", app: "acme" };` };
const MANIFEST = {
  path: "acme/package.json",
  content: `{"name":"acme","version":"1.0.0","dependencies":{"ms":"2.1.3"}}`,
};

async function begin(files: readonly File[], scope: "workspace" | "instance", as = client): Promise<Import> {
  const digest = createHash("sha256").update(JSON.stringify(files)).digest("hex");
  const { data } = await as.call("createRegistryImport", { source: `upload:${digest}`, scope });
  await as.call("addRegistryImportFiles", { id: data.id, files: [...files] });
  return (await as.call("startRegistryImport", { id: data.id })).data;
}

async function ended(id: string, as = client): Promise<Import> {
  for (;;) {
    const { data } = await as.call("getRegistryImport", { id });
    if (data.status === "done" || data.status === "failed") return data;
    await delay(20);
  }
}

async function imported(files: readonly File[], scope: "workspace" | "instance", as = client): Promise<Import> {
  return ended((await begin(files, scope, as)).id, as);
}

async function itemsOf(id: string) {
  const items = [];
  for await (const item of client.items("listRegistryImportItems", { id })) items.push(item);
  return items;
}

describe("an import of an npm package", () => {
  test("publishes all its components with the version that it found, and again changes nothing", async () => {
    const { data } = await client.call("createRegistryImport", {
      source: "npm:@pipedream/sftp@0.5.1",
      scope: "instance",
    });
    const first = await ended(data.id);
    assert.equal(first.status, "done", JSON.stringify(first));
    assert.deepEqual([first.loaded, first.failed, first.total], [2, 0, 2]);
    assert.equal(first.resolved, "npm:@pipedream/sftp@0.5.1");
    const { data: found } = await client.call("getRegistryComponent", { key: "sftp-upload-file" });
    assert.equal(found.type, "action");
    const again = await client.call("createRegistryImport", { source: "npm:@pipedream/sftp@0.5.1", scope: "instance" });
    assert.notEqual(again.data.id, first.id);
    const second = await ended(again.data.id);
    assert.deepEqual([second.loaded, second.unchanged], [0, 2]);
    const { data: same } = await client.call("getRegistryComponent", { key: "sftp-upload-file" });
    assert.equal(same.id, found.id);
    // The very component that its own address names.
    const url = "npm:@pipedream/sftp@0.5.1/actions/upload-file/upload-file.mjs";
    assert.equal((await client.call("createComponent", { component_url: url })).data.id, found.id);
  });

  test("that does not exist fails and says which", async () => {
    const source = "npm:@millrace/there-is-no-such-package";
    const { data } = await client.call("createRegistryImport", { source, scope: "workspace" });
    const { status, error } = await ended(data.id);
    assert.equal(status, "failed");
    assert.match(error ?? "", /there-is-no-such-package/);
  });
});

test("components that cannot be loaded are listed with their reasons, and the others load", async () => {
  const files = [
    ...[APP, MANIFEST],
    { path: "acme/actions/good.mjs", content: component("acme-good", { body: `import ms from "ms"; ms("1s");` }) },
    { path: "acme/actions/broken.mjs", content: component("acme-broken", { body: "const = 1;" }) },
    { path: "acme/actions/throws.mjs", content: component("acme-throws", { body: `throw new Error("not today");` }) },
    {
      path: "acme/actions/ends.mjs",
      content: component("acme-ends", { body: `process.kill(process.pid, "SIGKILL");` }),
    },
    { path: "acme/actions/lost.mjs", content: component("acme-lost", { body: `import "./nowhere.mjs";` }) },
    {
      path: "acme/actions/unknown.mjs",
      content: component("acme-unknown", { body: `import "millrace-there-is-no-such-package";` }),
    },
    {
      path: "acme/actions/keyless.mjs",
      content: `const key = 1, version = 2; export default { run() { return key + version; } };`,
    },
    { path: "acme/test/fake.mjs", content: component("acme-of-a-test") },
  ];
  const result = await imported(files, "workspace");
  assert.equal(result.status, "done", JSON.stringify(result));
  const outcomes = (await itemsOf(result.id)).map(({ path, outcome, reason }) => [
    path.replace("acme/actions/", ""),
    outcome,
    reason ?? "",
  ]);
  const byPath = new Map(outcomes.map(([path = "", outcome, reason = ""]) => [path, { outcome, reason }]));
  assert.equal(byPath.get("good.mjs")?.outcome, "loaded");
  assert.equal(byPath.get("keyless.mjs")?.outcome, "skipped");
  assert.equal(byPath.has("acme/test/fake.mjs"), false);
  const reasons = {
    broken: /broken\.mjs:1/,
    throws: /not today/,
    ends: /./,
    lost: /nowhere/,
    unknown: /no-such-package/,
  };
  for (const [name, reason] of Object.entries(reasons)) {
    assert.equal(byPath.get(`${name}.mjs`)?.outcome, "failed", name);
    assert.match(byPath.get(`${name}.mjs`)?.reason ?? "", reason);
  }
  const { data } = await client.call("getComponent", { id_or_key: "acme-good" });
  assert.equal(data.name, "Do acme-good");
  const listed = await client.call("listComponents", { q: "acme-", app: "acme" });
  assert.deepEqual(
    listed.data.map(({ key }) => key),
    ["acme-good"],
  );
});

test("every version that was published is kept, and unpublishing one brings back the one before", async () => {
  const files = (version: string) => [APP, { path: "acme/actions/v.mjs", content: component("acme-v", { version }) }];
  for (const version of ["0.0.1", "0.0.2"]) assert.equal((await imported(files(version), "instance")).loaded, 1);
  const versionOf = async (version?: string) =>
    (await client.call("getRegistryComponent", { key: "acme-v", ...(version !== undefined && { version }) })).data
      .version;
  assert.deepEqual([await versionOf(), await versionOf("0.0.1")], ["0.0.2", "0.0.1"]);
  await assert.rejects(versionOf("0.0.3"), { code: "not_found" });
  assert.equal((await server.call("GET", "/apps/acme")).status, 200, "its app is in the catalogue");
  const { data: versions } = await client.call("listRegistryVersions", { key: "acme-v" });
  assert.deepEqual(
    versions.map(({ version, current }) => [version, current]),
    [
      ["0.0.2", true],
      ["0.0.1", false],
    ],
  );
  await client.call("unpublishComponent", { key: "acme-v", version: "0.0.2" });
  assert.equal(await versionOf(), "0.0.1");
  await client.call("unpublishComponent", { key: "acme-v" });
  await assert.rejects(versionOf(), { code: "not_found" });
});

describe("of two workspaces", () => {
  test("neither sees the imports or the components of the other; the registry is for both", async () => {
    const { apiKey } = await addUser(server.db);
    const other = new MillraceClient({ url: server.url, token: apiKey });
    const own = await imported([APP, { path: "acme/a/x.mjs", content: component("acme-theirs") }], "workspace", other);
    assert.equal(own.loaded, 1);
    for (const call of [
      () => client.call("getRegistryImport", { id: own.id }),
      () => client.call("listRegistryImportItems", { id: own.id }),
      () => client.call("addRegistryImportFiles", { id: own.id, files: [{ path: "x", content: "" }] }),
      () => client.call("startRegistryImport", { id: own.id }),
      () => client.call("deleteRegistryImport", { id: own.id }),
      () => client.call("getComponent", { id_or_key: "acme-theirs" }),
    ]) {
      await assert.rejects(call(), { code: "not_found" });
    }
    await assert.rejects(begin([APP], "instance", other), { code: "forbidden" });
    await imported([APP, { path: "acme/a/y.mjs", content: component("acme-for-all") }], "instance");
    assert.equal((await other.call("getRegistryComponent", { key: "acme-for-all" })).data.key, "acme-for-all");
    const keys = (await other.call("listRegistry", { q: "acme-" })).data.map(({ key }) => key);
    assert.deepEqual(keys, ["acme-for-all"]);
    const found = await other.call("searchComponents", { query: "do acme theirs for all" });
    assert.deepEqual(found.actions.toSorted().slice(0, 2), ["acme-for-all", "acme-theirs"]);
    const hidden = await client.call("searchComponents", { query: "do acme theirs" });
    assert.ok(!hidden.actions.includes("acme-theirs"), JSON.stringify(hidden));
  });

  test("the operator takes out what any workspace published; nobody else takes out another's", async () => {
    const holder = await addUser(server.db);
    const holderClient = new MillraceClient({ url: server.url, token: holder.apiKey });
    const code = `export default { key: "acme-left", name: "Left", version: "1.0.0", type: "action", run() {} };`;
    const { data } = await holderClient.call("createComponent", { component_code: code });
    const { data: own } = await client.call("createComponent", {
      component_code: code.replaceAll("acme-left", "acme-kept"),
    });
    // As an import did before the registry was the operator's.
    await server.db.transaction((trx) =>
      publishAll(trx, [
        { key: "acme-left", version: "1.0.0", orgId: holder.orgId ?? "", componentId: data.id },
        { key: "acme-kept", version: "1.0.0", orgId: server.orgId, componentId: own.id },
      ]),
    );
    await assert.rejects(holderClient.call("unpublishComponent", { key: "acme-kept" }), { code: "not_found" });
    const { apiKey } = await addUser(server.db, { memberOf: { orgId: server.orgId, role: "member" } });
    const member = new MillraceClient({ url: server.url, token: apiKey });
    await assert.rejects(member.call("unpublishComponent", { key: "acme-left" }), { code: "not_found" });
    await client.call("unpublishComponent", { key: "acme-left" });
    await assert.rejects(client.call("getRegistryComponent", { key: "acme-left" }), { code: "not_found" });
    assert.equal((await holderClient.call("getComponent", { id_or_key: data.id })).data.id, data.id);
  });

  test("a key that another workspace publishes is saved, but not published", async () => {
    const { apiKey, orgId } = await addUser(server.db, { memberOf: { orgId: server.orgId, role: "admin" } });
    const other = new MillraceClient({ url: server.url, token: apiKey });
    const code = `export default { key: "acme-taken", name: "Taken", version: "1.0.0", type: "action", run() {} };`;
    const { data } = await other.call("createComponent", {
      component_code: code,
      ...(orgId !== null && { org_id: orgId }),
    });
    await other.call("publishComponent", { id: data.id });
    const mine = await imported([APP, { path: "acme/a/z.mjs", content: component("acme-taken") }], "instance");
    const [item] = await itemsOf(mine.id);
    assert.match(item?.reason ?? "", /another workspace/);
    assert.equal((await client.call("getRegistryComponent", { key: "acme-taken" })).data.id, data.id);
  });
});

test("only admins of the first workspace make, fill, start and delete an import for the whole instance", async () => {
  const wanted = { source: `upload:${"1".repeat(64)}`, scope: "instance" } as const;
  const { data: made } = await client.call("createRegistryImport", wanted);
  const files = [{ path: "x.mjs", content: component("acme-smuggled") }];
  const member = await addUser(server.db, { memberOf: { orgId: server.orgId, role: "member" }, ownsWorkspace: false });
  const stranger = await addUser(server.db);
  for (const [{ apiKey: token }, code] of [
    [member, "forbidden"],
    [stranger, "not_found"],
  ] as const) {
    const other = new MillraceClient({ url: server.url, token });
    await assert.rejects(other.call("createRegistryImport", wanted), { code: "forbidden" });
    await assert.rejects(other.call("addRegistryImportFiles", { id: made.id, files }), { code });
    await assert.rejects(other.call("startRegistryImport", { id: made.id }), { code });
    await assert.rejects(other.call("deleteRegistryImport", { id: made.id }), { code });
  }
  await client.call("deleteRegistryImport", { id: made.id });
});

test("a source of no known form is refused", async () => {
  for (const source of ["slack", "npm:", "npm:../x", "npm:a/b", "upload:x", "file:///etc", "npm:x@file:../y"]) {
    await assert.rejects(client.call("createRegistryImport", { source }), { code: "invalid_input" }, source);
  }
});

test("the same source asked for twice at once is one import", async () => {
  const wanted = { source: `upload:${"0".repeat(64)}`, scope: "workspace" } as const;
  const both = await Promise.all([1, 2].map(() => client.call("createRegistryImport", wanted)));
  assert.equal(both[0]?.data.id, both[1]?.data.id);
  await client.call("deleteRegistryImport", { id: both[0]?.data.id ?? "" });
});
