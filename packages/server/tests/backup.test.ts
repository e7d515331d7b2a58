import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { emptyDatabase } from "../testing/index.ts";
import { Instance, removeDataDir, type ApiCaller } from "../testing/instance/index.ts";
import { nodeStep, returned, type TestWorkflowRun } from "../testing/test-runs.ts";
import { eventually } from "../testing/test-source.ts";

const SETTLED_MS = 120_000;
const BIN = fileURLToPath(new URL("../../cli/bin/millrace.mjs", import.meta.url));

let root: string;
let origin: Instance;
let api: ApiCaller;
let workflow: { id: string };
let sleepingId: string;
let archive: string;

before(async () => {
  root = await mkdtemp(join(tmpdir(), "millrace-backup-"));
  await chmod(root, 0o711);
  origin = await Instance.start({ dataDir: join(root, "origin") });
  api = await origin.caller();
  workflow = await api.data("POST", "/workflows", {
    steps: [
      nodeStep(
        "write",
        `const file = await $.files.open("kept.txt").fromReadableStream(["before"]); $.flow.delay(20000); return file;`,
      ),
      nodeStep("read", `return steps.write.$return_value.toEncodedString();`),
    ],
  });
  sleepingId = (await api.data<{ id: string }>("POST", `/workflows/${workflow.id}/runs`, { event: {} })).id;
  await runIn(api, { id: sleepingId, status: "paused" });
  await api.data("POST", "/accounts", { app: "slack_bot", credentials: { bot_token: "hush" } });
});
after(async () => {
  origin.killTree();
  await origin.exited;
  await removeDataDir(join(root, "origin"));
  await rm(root, { recursive: true, force: true });
});

/** The sleeping run sleeps for longer than `eventually` waits. */
async function runIn(caller: ApiCaller, { id, status }: { id: string; status: string }): Promise<TestWorkflowRun> {
  for (const endMs = Date.now() + SETTLED_MS; ;) {
    const run = await caller.data<TestWorkflowRun>("GET", `/runs/${id}`);
    if (run.status === status) return run;
    assert.ok(Date.now() < endMs, `the run is not ${status}: ${JSON.stringify(run)}`);
    await delay(100);
  }
}

function command(args: readonly string[], env: Readonly<Record<string, string>>) {
  return spawn(process.execPath, [BIN, ...args], { env: { PATH: process.env["PATH"] ?? "", ...env } });
}

async function millrace(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ code: number | null; out: string; err: string }> {
  const child = command(args, env);
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk) => (out += chunk));
  child.stderr.on("data", (chunk) => (err += chunk));
  await once(child, "close");
  return { code: child.exitCode, out, err };
}

async function accountsOf(caller: ApiCaller): Promise<string[]> {
  const { data } = (await caller.call("GET", "/accounts?include_credentials=1")).body as {
    data: { credentials?: { bot_token?: string } }[];
  };
  return data.map((one) => one.credentials?.bot_token ?? "");
}

test("a backup of a server under load is one moment, readable by its owner only", async () => {
  let isDone = false;
  const load = (async () => {
    let sent = 0;
    while (!isDone) {
      await api.call("POST", `/workflows/${workflow.id}/runs`, { event: { sent: sent++ } });
    }
    return sent;
  })();
  archive = join(root, "one.tar.gz");
  const { code, out, err } = await millrace(["backup", archive, "--json"], { MILLRACE_DATA_DIR: origin.dataDir });
  isDone = true;
  assert.ok((await load) > 0);
  assert.equal(code, 0, err);
  assert.equal((JSON.parse(out) as { path: string }).path, archive);
  assert.equal((await stat(archive)).mode & 0o777, 0o600);
  assert.ok(!(await readdir(origin.dataDir)).includes(".backup"));
  const again = await millrace(["backup", archive], { MILLRACE_DATA_DIR: origin.dataDir });
  assert.equal(again.code, 1);
  assert.match(again.err, /exists already/);
});

test("restored on an empty machine, the instance goes on: keys, accounts, files and runs that sleep", async () => {
  const dataDir = join(root, "restored");
  const { code, err } = await millrace(["restore", archive], { MILLRACE_DATA_DIR: dataDir });
  assert.equal(code, 0, err);
  const restored = await Instance.start({ dataDir });
  try {
    const caller = await restored.caller();
    assert.deepEqual(await accountsOf(caller), ["hush"]);
    const run = await runIn(caller, { id: sleepingId, status: "success" });
    assert.equal(returned(run)["read"], "before");
    const fresh = await caller.data<{ id: string }>("POST", `/workflows/${workflow.id}/runs`, { event: {} });
    await runIn(caller, { id: fresh.id, status: "paused" });
    const over = await millrace(["restore", archive], { MILLRACE_DATA_DIR: dataDir });
    assert.equal(over.code, 1);
    assert.match(over.err, /not empty/);
  } finally {
    restored.killTree();
    await restored.exited;
    await removeDataDir(dataDir);
  }
});

test("a restore into DATABASE_URL serves from there, and refuses a database that holds an instance", async () => {
  await using database = await emptyDatabase();
  const dataDir = join(root, "elsewhere");
  const env = { MILLRACE_DATA_DIR: dataDir, DATABASE_URL: database.url };
  const { code, err } = await millrace(["restore", archive], env);
  assert.equal(code, 0, err);
  const restored = await Instance.start({ dataDir, env: { DATABASE_URL: database.url } });
  try {
    assert.deepEqual(await accountsOf(await restored.caller()), ["hush"]);
  } finally {
    restored.killTree();
    await restored.exited;
  }
  const other = await millrace(["restore", archive], { ...env, MILLRACE_DATA_DIR: join(root, "other") });
  assert.equal(other.code, 1);
  assert.match(other.err, /holds an instance already/);
});

test("a damaged or cut archive, and one of another key, restore nothing", async () => {
  await using database = await emptyDatabase();
  const bytes = await readFile(archive);
  const cut = join(root, "cut.tar.gz");
  await writeFile(cut, bytes);
  await truncate(cut, bytes.length - 200);
  const flipped = join(root, "flipped.tar.gz");
  const middle = Math.floor(bytes.length / 2);
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 0xff, middle);
  await writeFile(flipped, bytes);
  for (const [name, path] of Object.entries({ cut, flipped })) {
    const dataDir = join(root, name);
    const { code, err } = await millrace(["restore", path], { MILLRACE_DATA_DIR: dataDir, DATABASE_URL: database.url });
    assert.equal(code, 1, name);
    assert.match(err, /damaged or was cut short/);
    const start = await millrace(["start"], { MILLRACE_DATA_DIR: dataDir, DATABASE_URL: database.url });
    assert.notEqual(start.code, 0);
    assert.match(start.err, /restore .* again/);
  }
  const key = { MILLRACE_SECRET_KEY: "a key of quite another place 4711" };
  const wrong = await millrace(["restore", archive], { ...key, MILLRACE_DATA_DIR: join(root, "wrong") });
  assert.match(wrong.err, /not the key/);
  // What was damaged is tried again with what is whole.
  const env = { MILLRACE_DATA_DIR: join(root, "cut"), DATABASE_URL: database.url };
  assert.equal((await millrace(["restore", archive], env)).code, 0);
});

test("a backup that is killed leaves no archive, and a restore that is killed no instance", async () => {
  const path = join(root, "killed.tar.gz");
  const backup = command(["backup", path], { MILLRACE_DATA_DIR: origin.dataDir });
  await eventually(async () => (await readdir(root)).includes("killed.tar.gz.partial"));
  backup.kill("SIGKILL");
  await once(backup, "close");
  assert.ok(!(await readdir(root)).includes("killed.tar.gz"));
  await using database = await emptyDatabase();
  const env = { MILLRACE_DATA_DIR: join(root, "half"), DATABASE_URL: database.url };
  const restore = command(["restore", archive], env);
  await eventually(async () => existsSync(join(env.MILLRACE_DATA_DIR, "restore-unfinished")));
  restore.kill("SIGKILL");
  await once(restore, "close");
  const start = await millrace(["start"], env);
  assert.match(start.err, /restore .* again/);
  const again = await millrace(["restore", archive], env);
  assert.equal(again.code, 0, again.err);
});
