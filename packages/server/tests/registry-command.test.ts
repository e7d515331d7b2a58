import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { CallReply } from "@millrace/client";
import { startPlatform, type Platform } from "../testing/instance/index.ts";
import { eventually } from "../testing/test-source.ts";

interface Report {
  import: CallReply<"getRegistryImport">["data"];
  failed: { path: string; reason: string }[];
}

const COUNT = 60;
const BIN = fileURLToPath(new URL("../../cli/bin/millrace.mjs", import.meta.url));
const GIT_ENV = {
  GIT_AUTHOR_NAME: "t",
  GIT_AUTHOR_EMAIL: "t@x.test",
  GIT_COMMITTER_NAME: "t",
  GIT_COMMITTER_EMAIL: "t@x.test",
};

let platform: Platform;
let dir: string;
before(async () => {
  platform = await startPlatform();
  dir = await mkdtemp(join(tmpdir(), "millrace-registry-"));
});
after(async () => {
  await platform[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
});

/** A folder of components that take a while to load, so that there is time to interrupt. */
async function folderOf(name: string, pauseMs: number): Promise<string> {
  const folder = join(dir, name);
  await mkdir(join(folder, "actions"), { recursive: true });
  for (let number = 0; number < COUNT; number++) {
    const pause = `await new Promise((done) => setTimeout(done, ${pauseMs}));`;
    const fields = `key: "${name}-${number}", name: "${name} ${number}", version: "1.0.0", type: "action"`;
    await writeFile(join(folder, `actions/${number}.mjs`), `${pause} export default { ${fields}, run() {} };`);
  }
  return folder;
}

function start(...args: string[]) {
  const { api_key: key } = platform.credentials;
  const env = { ...process.env, MILLRACE_API_URL: platform.instance.url, MILLRACE_API_KEY: key };
  return spawn(process.execPath, [BIN, "registry", ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
}

async function millrace(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = start(...args);
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk) => (out += chunk));
  child.stderr.on("data", (chunk) => (err += chunk));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, out, err };
}

async function countOf(sql: string): Promise<number> {
  const { rows } = await platform.db.query<{ count: number }>(`select count(*) as count from ${sql}`);
  return rows[0]?.count ?? 0;
}

test("a branch of a git repository is added, listed, found and removed", async () => {
  const repository = join(dir, "repository");
  await mkdir(join(repository, "components/acme/actions"), { recursive: true });
  const component = `export default { key: "acme-water-plants", name: "Water Plants", version: "0.1.0", type: "action", run() {} };`;
  await writeFile(join(repository, "components/acme/actions/water.mjs"), component);
  await writeFile(join(repository, "components/acme/actions/bad.mjs"), component.replace("run() {}", "run() {"));
  await writeFile(join(repository, "elsewhere.mjs"), component.replace("water", "fertilise"));
  const git = (...args: string[]) =>
    execFileSync("git", args, { cwd: repository, env: { ...process.env, ...GIT_ENV } });
  for (const args of [
    ["init", "-q", "-b", "trunk"],
    ["add", "."],
    ["commit", "-qm", "All"],
  ])
    git(...args);
  const added = await millrace("add", `git+file://${repository}#trunk:components/acme`);
  assert.equal(added.code, 0, added.err);
  assert.match(added.out, /1 loaded, 0 unchanged, 1 failed\n {2}actions\/bad\.mjs: .*bad\.mjs:1/);
  assert.match(
    (await millrace("list", "--q", "acme")).out,
    /^acme-water-plants {2}0\.1\.0 {2}action {2}Water Plants\n$/,
  );
  const found = JSON.parse((await millrace("search", "give the flowers water", "--json")).out) as { actions: string[] };
  assert.equal(found.actions[0], "acme-water-plants");
  assert.equal((await millrace("remove", "acme-water-plants")).code, 0);
  assert.equal((await millrace("list", "--q", "acme")).out, "(nothing)\n");
  const again = await millrace("remove", "acme-water-plants");
  assert.equal(again.code, 1);
  assert.match(again.err, /acme-water-plants/);
});

test("what cannot be added is refused in one sentence", async () => {
  for (const [source, reason] of [
    [join(dir, "nowhere"), /is no folder/],
    [`git+file://${dir}/nowhere`, /git could not fetch/],
    ["npm:a b", /npm:<package>/],
  ] as const) {
    const { code, err } = await millrace("add", source);
    assert.notEqual(code, 0, source);
    assert.match(err, reason);
    assert.equal(err.trim().split("\n").length, 1, err);
  }
});

test("an import goes on after its command was killed, after the server was killed, and loads everything once", async () => {
  const folder = await folderOf("slow", 25);
  const itemCount = () => countOf("registry_import_items where key like 'slow-%'");
  const command = start("add", folder);
  await eventually(async () => (await itemCount()) > 0);
  command.kill("SIGKILL");
  platform.instance.killTree();
  await platform.instance.exited;
  const before = await itemCount();
  assert.ok(before > 0 && before < COUNT, `killed in the middle: ${before}`);
  const restarted = await platform.instance.restart();
  try {
    const { code, out, err } = await millrace("add", folder, "--json");
    assert.equal(code, 0, err);
    const report = JSON.parse(out) as Report;
    assert.deepEqual([report.import.loaded, report.import.failed, report.import.total], [COUNT, 0, COUNT]);
    assert.equal(await countOf(`registry_imports where total = ${COUNT}`), 1, "it was the same import");
    assert.equal(await countOf("components where key like 'slow-%'"), COUNT);
    assert.equal(await countOf("registry_entries where key like 'slow-%'"), COUNT);
    assert.equal(await countOf("registry_import_files"), 0, "what was uploaded is gone");
  } finally {
    await restarted.stop();
  }
});
