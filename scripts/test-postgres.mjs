// The PostgreSQL that one whole test run shares.
import { spawn, spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { chmodSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { root } from "./setup.mjs";

const DEBIAN_DIR = "/usr/lib/postgresql";
const START_TIMEOUT_MS = 60_000;
const NEVER_IDLE_MS = 2 ** 31 - 1;
const NOBODY = { uid: 65_534, gid: 65_534 };

/** Starts the embedded server. Returns `{url, stop}`. */
export async function startEmbedded(node) {
  const directory = mkdtempSync(join(tmpdir(), "millrace-test-run-"));
  const script = join(root, "packages/server/testing/database-keeper.ts");
  const child = spawn(node, [script, directory, String(NEVER_IDLE_MS)], { stdio: ["ignore", "ignore", "inherit"] });
  const urlFile = join(directory, "url");
  await untilReady(child, () => existsSync(urlFile));
  return { url: readFileSync(urlFile, "utf8"), stop: () => end(child, { signal: "SIGTERM", directory }) };
}

/** Starts the PostgreSQL that the operating system brings, as an unprivileged user, with a directory of its own. */
export async function startInstalled() {
  const bin = newestInstalled();
  const directory = mkdtempSync(join(tmpdir(), "millrace-test-pg-"));
  const cluster = join(directory, "cluster");
  const user = process.getuid() === 0 ? NOBODY : undefined;
  mkdirSync(cluster, { mode: 0o700 });
  chmodSync(directory, 0o755);
  if (user) for (const path of [directory, cluster]) chownSync(path, user.uid, user.gid);
  const options = { cwd: "/", env: { PATH: "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" }, ...user };
  const made = spawnSync(
    join(bin, "initdb"),
    ["-D", cluster, "-U", "millrace", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
    { ...options, encoding: "utf8" },
  );
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr || made.error?.message}`);
  const settings = ["listen_addresses=", "max_connections=300", "fsync=off", "synchronous_commit=off"];
  const args = ["-D", cluster, "-k", directory, ...settings.flatMap((setting) => ["-c", setting])];
  const child = spawn(join(bin, "postgres"), args, { ...options, stdio: "ignore", detached: true });
  await untilReady(child, () => / *ready *$/m.test(readIfThere(join(cluster, "postmaster.pid"))));
  const url = `postgresql://millrace@/postgres?host=${encodeURIComponent(directory)}`;
  return { url, stop: () => end(child, { signal: "SIGINT", directory }) };
}

function newestInstalled() {
  const versions = existsSync(DEBIAN_DIR) ? readdirSync(DEBIAN_DIR).filter((name) => /^\d+$/.test(name)) : [];
  const newest = versions.map(Number).toSorted((a, b) => b - a)[0];
  if (newest === undefined || newest < 15) {
    throw new Error("No PostgreSQL 15 or newer here: install one, or set MILLRACE_TEST_DATABASE_URL");
  }
  return join(DEBIAN_DIR, String(newest), "bin");
}

function readIfThere(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

async function untilReady(child, isReady) {
  const untilMs = performance.now() + START_TIMEOUT_MS;
  while (!isReady()) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error("The tests' PostgreSQL did not start");
    if (performance.now() > untilMs) throw new Error("The tests' PostgreSQL did not start in time");
    await delay(25);
  }
}

async function end(child, { signal, directory }) {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await exited;
  }
  rmSync(directory, { recursive: true, force: true });
}
