import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { EmbeddedPostgres } from "../src/db/index.ts";

// Keeps one PostgreSQL for all tests of this machine's user while any of them is connected, then ends.
// Usage: database-keeper.ts <directory> <idle ms>

const POLL_MS = 1_000;
const [directory = "", idleMs = "30000"] = process.argv.slice(2);
const urlFile = join(directory, "url");

async function countSessions(admin: pg.Client): Promise<number> {
  const { rows } = await admin.query<{ sessions: string }>(
    "select count(*) as sessions from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()",
  );
  return Number(rows[0]?.sessions ?? 0);
}

async function dropLeftovers(admin: pg.Client): Promise<void> {
  const { rows } = await admin.query<{ datname: string }>(
    "select datname from pg_database where datname like 'millrace\\_t%'",
  );
  for (const row of rows) await admin.query(`drop database "${row.datname}" with (force)`);
}

async function keepWhileUsed(admin: pg.Client, signal: AbortSignal): Promise<void> {
  let idleSinceMs = performance.now();
  while (!signal.aborted && performance.now() - idleSinceMs < Number(idleMs)) {
    await delay(POLL_MS, undefined, { signal }).catch(() => {});
    if ((await countSessions(admin)) > 0) idleSinceMs = performance.now();
  }
}

const stopped = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => stopped.abort());

const server = await EmbeddedPostgres.start({
  dataDir: directory,
  // What these databases hold need not survive a power cut.
  settings: { max_connections: "300", fsync: "off", synchronous_commit: "off", full_page_writes: "off" },
});
const admin = new pg.Client({ connectionString: server.url });
await admin.connect();
await dropLeftovers(admin);
writeFileSync(urlFile, server.url);
do {
  await keepWhileUsed(admin, stopped.signal);
  rmSync(urlFile, { force: true });
  if (stopped.signal.aborted || (await countSessions(admin)) === 0) break;
  writeFileSync(urlFile, server.url);
} while (!stopped.signal.aborted);
await admin.end();
await server.stop();
