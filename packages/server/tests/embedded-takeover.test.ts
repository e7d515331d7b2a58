import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Database, EmbeddedPostgres } from "../src/db/index.ts";

// One data directory for all tests of this file: they run one after the other and each leaves it stopped.
const dataDir = mkdtempSync(join(tmpdir(), "millrace-takeover-"));
const clusterDir = join(dataDir, "postgres", "cluster");
after(() => rmSync(dataDir, { recursive: true, force: true }));

/** A server in a process of its own that is killed with `kill -9`; its PostgreSQL lives on. */
async function leaveSurvivor(): Promise<{ pid: number; url: string }> {
  const script = fileURLToPath(new URL("fixtures/embedded-child.ts", import.meta.url));
  const child = spawn(process.execPath, [script, dataDir], { stdio: ["pipe", "pipe", "inherit"] });
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  child.stdin.write("die\n");
  await once(child, "exit");
  return JSON.parse(line) as { pid: number; url: string };
}

async function assertAnswers(url: string): Promise<void> {
  const db = await Database.connect({ url });
  await db.query("select 1");
  await db.close();
}

function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/** A process that has ended and that nobody takes notice of. */
async function makeZombie(): Promise<{ pid: number } & AsyncDisposable> {
  const parent = spawn("sh", ["-c", "sleep 0 & echo $!; exec sleep 1000"], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(createInterface(parent.stdout), "line")) as [string];
  while (isRunning(Number(line))) await new Promise(setImmediate);
  return {
    pid: Number(line),
    async [Symbol.asyncDispose]() {
      parent.kill("SIGKILL");
      await once(parent, "exit");
    },
  };
}

test("a PostgreSQL that survived its server is taken over as it is, and ended with the next one", async () => {
  const survivor = await leaveSurvivor();
  assert.ok(isRunning(survivor.pid));
  const server = await EmbeddedPostgres.start({ dataDir });
  assert.equal(server.pid, survivor.pid);
  await assertAnswers(server.url);
  await server.stop();
  assert.equal(isRunning(survivor.pid), false);
});

test("a survivor with other settings is replaced", async () => {
  const survivor = await leaveSurvivor();
  const server = await EmbeddedPostgres.start({ dataDir, settings: { max_connections: "50" } });
  assert.notEqual(server.pid, survivor.pid);
  assert.equal(isRunning(survivor.pid), false);
  await server.stop();
});

test("a survivor that answers no more is replaced", async () => {
  const survivor = await leaveSurvivor();
  process.kill(survivor.pid, "SIGSTOP");
  const server = await EmbeddedPostgres.start({ dataDir });
  assert.notEqual(server.pid, survivor.pid);
  await assertAnswers(server.url);
  await server.stop();
});

test("the lock files of a killed server do not stop the next, neither as zombie nor with a number in use again", async () => {
  const survivor = await leaveSurvivor();
  const lockFile = join(clusterDir, "postmaster.pid");
  const lock = readFileSync(lockFile, "utf8");
  process.kill(survivor.pid, "SIGKILL");
  await using zombie = await makeZombie();
  for (const pid of [zombie.pid, process.pid]) {
    writeFileSync(lockFile, lock.replace(/^\d+/, String(pid)), { mode: 0o600 });
    const server = await EmbeddedPostgres.start({ dataDir });
    await assertAnswers(server.url);
    await server.stop();
  }
});

test("a PostgreSQL that is killed comes back at the same address, and the pool with it", async () => {
  let onRestart = (): void => {};
  const restarted = new Promise<void>((resolve) => {
    onRestart = resolve;
  });
  const server = await EmbeddedPostgres.start({ dataDir, onEvent: ({ type }) => type === "restarted" && onRestart() });
  const db = await Database.connect({ url: server.url });
  await db.query("create table if not exists written (id int)");
  await db.query("insert into written values (1)");
  const { url, pid } = server;
  process.kill(pid, "SIGKILL");
  await restarted;
  assert.notEqual(server.pid, pid);
  assert.equal(server.url, url);
  assert.deepEqual((await db.query("select id from written")).rows, [{ id: 1 }]);
  await db.close();
  await server.stop();
});

test("two servers can not have the same data directory, but a dead one's lock holds nobody up", async () => {
  const server = await EmbeddedPostgres.start({ dataDir });
  await assert.rejects(EmbeddedPostgres.start({ dataDir }), { code: "data_dir_in_use", exitCode: 75 });
  await assertAnswers(server.url);
  await server.stop();
  writeFileSync(join(dataDir, "database.lock"), `${process.pid} 1`);
  const next = await EmbeddedPostgres.start({ dataDir });
  await next.stop();
  assert.deepEqual(
    readdirSync(dataDir).filter((name) => name.includes(".lock")),
    [],
  );
});

test("a data directory that can not be written to is refused with a line that names it", async () => {
  const blocked = join(dataDir, "blocked");
  mkdirSync(blocked);
  writeFileSync(join(blocked, "postgres"), "in the way");
  chmodSync(blocked, 0o700);
  await assert.rejects(EmbeddedPostgres.start({ dataDir: blocked }), { code: "data_dir_unusable", message: /blocked/ });
});
