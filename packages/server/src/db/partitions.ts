import { sql } from "kysely";
import { firstEventIdAt } from "../core/index.ts";
import type { Database } from "./database.ts";

const PERIOD_MS = 7 * 24 * 3_600_000;
// Periods begin on Mondays, 00:00 UTC; the epoch was a Thursday.
const FIRST_MONDAY_MS = 4 * 24 * 3_600_000;
// The one before serves clocks that are stepped back, those after serve a node that slept through its daily round.
const PERIODS_BEFORE = 1;
const PERIODS_AFTER = 2;
const LOCK_KEY = 0x70617274; // "part"

/** The tables that are cut by time, and how a time becomes a value of the column that cuts them. */
const PARTITIONED = {
  events: firstEventIdAt,
  source_runs: (atMs: number) => atMs,
  webhook_deliveries: (atMs: number) => atMs,
} as const;

type PartitionedTable = keyof typeof PARTITIONED;
const TABLES = Object.keys(PARTITIONED) as PartitionedTable[];

/** Start of the period that a moment belongs to. */
export function periodStartMs(atMs: number): number {
  return Math.floor((atMs - FIRST_MONDAY_MS) / PERIOD_MS) * PERIOD_MS + FIRST_MONDAY_MS;
}

function partitionName(table: PartitionedTable, startMs: number): string {
  return `${table}_p${new Date(startMs).toISOString().slice(0, 10).replaceAll("-", "")}`;
}

function partitionStartMs(name: string): number | null {
  const match = /_p(\d{4})(\d\d)(\d\d)$/.exec(name);
  return match ? Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3])) : null;
}

async function listPartitions(db: Database): Promise<Set<string>> {
  const { rows } = await db.query<{ name: string }>(
    `select child.relname as name from pg_inherits
     join pg_class child on child.oid = inhrelid join pg_class parent on parent.oid = inhparent
     where parent.relname = any($1) and child.relkind = 'r' and parent.relnamespace = current_schema()::regnamespace`,
    [TABLES],
  );
  return new Set(rows.map((row) => row.name));
}

/**
 * Makes sure that rows of about `nowMs` have a partition to go to. Called before serving and then daily; safe to call
 * on all nodes at once, and whenever `isMissingPartition` says that the clock has jumped.
 */
export async function ensurePartitions(db: Database, nowMs: number): Promise<void> {
  const existing = await listPartitions(db);
  for (let offset = -PERIODS_BEFORE; offset <= PERIODS_AFTER; offset++) {
    const startMs = periodStartMs(nowMs) + offset * PERIOD_MS;
    for (const table of TABLES) {
      if (!existing.has(partitionName(table, startMs))) await createPartition(db, table, startMs);
    }
  }
}

/** Makes the partitions of these names, for rows of any age. @throws TypeError for what is not the name of one */
export async function createPartitions(db: Database, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const startMs = partitionStartMs(name);
    const table = TABLES.find((one) => startMs !== null && partitionName(one, startMs) === name);
    if (startMs === null || table === undefined) throw new TypeError(`${name} is not the name of a partition`);
    await createPartition(db, table, startMs);
  }
}

async function createPartition(db: Database, table: PartitionedTable, startMs: number): Promise<void> {
  const name = partitionName(table, startMs);
  const value = PARTITIONED[table];
  await db.transaction(async (trx) => {
    await sql`select pg_advisory_xact_lock(${LOCK_KEY})`.execute(trx);
    const { rows } = await sql<{ found: string | null }>`select to_regclass(${name})::text as found`.execute(trx);
    if (rows[0]?.found) return;
    // Creating and attaching locks out neither readers nor writers, which `partition of` would.
    await sql`create table ${sql.table(name)} (like ${sql.table(table)} including all)`.execute(trx);
    await sql`alter table ${sql.table(table)} attach partition ${sql.table(name)}
      for values from (${sql.lit(value(startMs))}) to (${sql.lit(value(startMs + PERIOD_MS))})`.execute(trx);
  });
}

/**
 * Drops the partitions whose rows are all older than the retention. A table that a long statement holds is left for
 * the next round. Returns the names of those dropped.
 */
export async function dropExpiredPartitions(
  db: Database,
  options: { nowMs: number; retentionMs: number },
): Promise<string[]> {
  const dropped: string[] = [];
  for (const name of await listPartitions(db)) {
    const startMs = partitionStartMs(name);
    if (startMs === null || startMs + PERIOD_MS > options.nowMs - options.retentionMs) continue;
    if (await dropPartition(db, name)) dropped.push(name);
  }
  return dropped;
}

async function dropPartition(db: Database, name: string): Promise<boolean> {
  try {
    await db.transaction(async (trx) => {
      await sql`set local lock_timeout = '2s'`.execute(trx);
      await sql`drop table if exists ${sql.table(name)}`.execute(trx);
    });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "55P03") return false;
    throw error;
  }
}

/** Whether an insert failed for want of a partition: the clock is outside all periods that exist. */
export function isMissingPartition(error: unknown): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    error.code === "23514" &&
    error.message.startsWith("no partition of relation")
  );
}
