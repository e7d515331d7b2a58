import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";

const START_TIMEOUT_MS = 60_000;
const RETRY_KEEPER_MS = 5_000;
const POLL_MS = 25;
const IDLE_MS = 30_000;

let known: Promise<string> | null = null;

/**
 * Address of the PostgreSQL that all tests share: the one of MILLRACE_TEST_DATABASE_URL, else an embedded one that
 * starts with the first test and ends by itself some time after the last.
 */
export function databaseServerUrl(): Promise<string> {
  known ??= findServer();
  return known;
}

async function findServer(): Promise<string> {
  const given = process.env["MILLRACE_TEST_DATABASE_URL"];
  if (given) return given;
  const directory = join(tmpdir(), `millrace-tests-${process.getuid?.() ?? 0}`);
  mkdirSync(directory, { recursive: true });
  chmodSync(directory, 0o711);
  const untilMs = performance.now() + START_TIMEOUT_MS;
  let keeperDueMs = 0;
  while (performance.now() < untilMs) {
    const url = await answeringUrl(directory);
    if (url) return url;
    if (performance.now() > keeperDueMs) {
      startKeeper(directory);
      keeperDueMs = performance.now() + RETRY_KEEPER_MS;
    }
    await delay(POLL_MS);
  }
  throw new Error(`The tests' PostgreSQL in ${directory} did not start`);
}

async function answeringUrl(directory: string): Promise<string | null> {
  let client: pg.Client | undefined;
  try {
    const url = readFileSync(join(directory, "url"), "utf8");
    client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    await client.connect();
    return url;
  } catch {
    return null;
  } finally {
    await client?.end().catch(() => {});
  }
}

/** Several may start at once: the lock on the directory lets one of them live. */
function startKeeper(directory: string): void {
  const script = fileURLToPath(new URL("./database-keeper.ts", import.meta.url));
  const child = spawn(process.execPath, [script, directory, String(IDLE_MS)], { detached: true, stdio: "ignore" });
  child.unref();
}
