import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import type pg from "pg";
import { StartupError } from "../core/index.ts";
import { explainConnectFailure } from "./connect-failure.ts";
import { discardClient, openClient } from "./connection.ts";
import { assertServerVersion } from "./server-version.ts";

const DIRECTORY = new URL("./migrations/", import.meta.url);
const LOCK_KEY = 0x6d696c6c; // "mill"

interface Migration {
  number: number;
  name: string;
  sha256: string;
  text: string;
}

/** The numbered SQL files of this version of the code, in order. */
export async function readMigrations(directory: URL = DIRECTORY): Promise<Migration[]> {
  const names = (await readdir(directory)).filter((name) => /^\d{4}_.+\.sql$/.test(name)).toSorted();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(name, directory), "utf8");
      return { number: Number(name.slice(0, 4)), name, text, sha256: createHash("sha256").update(text).digest("hex") };
    }),
  );
}

/**
 * Brings the database to the schema of this code, or of the migration `upTo`. Any number of nodes may do so at once: one works, the others wait.
 * @throws StartupError `database_newer_than_code`, `database_changed` (an applied file was edited) or one of the
 *   errors of connecting.
 */
export async function migrate(
  url: string,
  { directory = DIRECTORY, upTo = Infinity }: { directory?: URL; upTo?: number } = {},
): Promise<void> {
  const migrations = await readMigrations(directory);
  const client = await openClient({ url, applicationName: "millrace migrate", queryTimeoutMs: 0 }).catch((error) => {
    throw explainConnectFailure(error, url);
  });
  try {
    await assertServerVersion(client);
    await inLockedTransaction(client, () => prepare(client, migrations));
    const wanted = migrations.filter(({ number }) => number <= upTo);
    for (const migration of wanted) await inLockedTransaction(client, () => apply(client, migration));
  } finally {
    await client.end().catch(() => discardClient(client));
  }
}

async function inLockedTransaction(client: pg.Client, work: () => Promise<void>): Promise<void> {
  await client.query("begin");
  try {
    await client.query("select pg_advisory_xact_lock($1)", [LOCK_KEY]);
    await work();
    await client.query("commit");
  } catch (error) {
    await client.query("rollback").catch(() => {});
    throw error;
  }
}

async function prepare(client: pg.Client, migrations: readonly Migration[]): Promise<void> {
  await client.query(
    `create table if not exists migrations (
       number integer primary key, name text not null, sha256 text not null, applied_at_ms bigint not null)`,
  );
  const { rows } = await client.query<Migration>("select number, name, sha256 from migrations order by number");
  const known = new Map(migrations.map((migration) => [migration.number, migration]));
  for (const row of rows) {
    const ours = known.get(row.number);
    if (!ours) {
      throw new StartupError(
        "database_newer_than_code",
        `The database is newer than this version of Millrace: it has migration ${row.name}; start the newer version`,
      );
    }
    if (ours.sha256 !== row.sha256) {
      throw new StartupError(
        "database_changed",
        `Migration ${ours.name} differs from the one this database was made with`,
      );
    }
  }
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  // Insert first: a node that lost the race sees the row and leaves the work alone.
  const { rowCount } = await client.query(
    "insert into migrations (number, name, sha256, applied_at_ms) values ($1, $2, $3, $4) on conflict do nothing",
    [migration.number, migration.name, migration.sha256, Date.now()],
  );
  if (rowCount === 1) await client.query(migration.text);
}
