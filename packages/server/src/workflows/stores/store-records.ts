import { isDeepStrictEqual } from "node:util";
import { sql, type Kysely } from "kysely";
import type { Page, PageRequest } from "../../core/index.ts";
import { selectPage, type Database, type Schema } from "../../db/index.ts";
import { DataStoreError } from "./store-error.ts";

/** Names one store; every statement is scoped by both. */
export interface StoreKey {
  readonly orgId: string;
  readonly storeId: string;
}
export interface RecordKey extends StoreKey {
  readonly key: string;
}

export interface StoredRecord {
  key: string;
  /** JSON text; null in lists when it is too large to be shown there. */
  value: string | null;
  size_bytes: number;
  expires_at_ms: number | null;
  updated_at_ms: number;
}

/** A part of a store, in the order of the keys. */
export interface StorePart<Item> {
  items: Item[];
  /** There is more after the last one. */
  hasMore: boolean;
}

const PART_KEYS = 1_000;
const PART_ENTRIES = 500;
const PART_BYTES = 4 * 1024 * 1024;
const LISTED_VALUE_BYTES = 64 * 1024;
const LIVE = "(expires_at_ms is null or expires_at_ms > $3)";
const NUMERIC_OVERFLOW = "22003";

// An expired record that nobody has pruned yet is as good as none.
const INCREMENT = `
insert into data_store_records as record (org_id, data_store_id, key, value, expires_at_ms, updated_at_ms)
select org_id, data_store_id, $4, ($5::float8)::text, null, $3 from data_stores where org_id = $1 and data_store_id = $2
on conflict (org_id, data_store_id, key) do update set
  value = case when record.expires_at_ms <= $3 then excluded.value else (record.value::float8 + $5::float8)::text end,
  expires_at_ms = case when record.expires_at_ms <= $3 then null else record.expires_at_ms end,
  updated_at_ms = $3
where record.expires_at_ms <= $3 or record.value ~ '^-?[0-9]'
returning value`;

const SET = `
insert into data_store_records (org_id, data_store_id, key, value, expires_at_ms, updated_at_ms)
select org_id, data_store_id, $4, $5, $6::bigint, $3 from data_stores where org_id = $1 and data_store_id = $2
on conflict (org_id, data_store_id, key) do update set
  value = excluded.value, expires_at_ms = excluded.expires_at_ms, updated_at_ms = excluded.updated_at_ms`;

const ENTRIES = `
select key, value, total from (
  select key, value, count(*) over () as total, sum(octet_length(value)) over (order by key) - octet_length(value) as before
  from (select key, value from data_store_records where org_id = $1 and data_store_id = $2 and ${LIVE}
    and ($4::text is null or key > $4) order by key limit ${PART_ENTRIES + 1}) as part) as sized
where before < ${PART_BYTES} order by key limit ${PART_ENTRIES}`;

/** The records of data stores: JSON text by key, which may expire. Keys and values are checked by the caller. */
export class StoreRecords {
  readonly #db: Database;

  constructor(options: { db: Database }) {
    this.#db = options.db;
  }

  async get(of: RecordKey, nowMs: number): Promise<(StoredRecord & { value: string }) | null> {
    const { rows } = await this.#db.query<StoredRecord & { value: string }>(
      `select key, value, octet_length(value) as size_bytes, expires_at_ms, updated_at_ms from data_store_records
       where org_id = $1 and data_store_id = $2 and ${LIVE} and key = $4`,
      [of.orgId, of.storeId, nowMs, of.key],
    );
    return rows[0] ?? null;
  }

  async has(of: RecordKey, nowMs: number): Promise<boolean> {
    const { rowCount } = await this.#db.query(
      `select from data_store_records where org_id = $1 and data_store_id = $2 and ${LIVE} and key = $4`,
      [of.orgId, of.storeId, nowMs, of.key],
    );
    return rowCount === 1;
  }

  /** @throws DataStoreError `gone` when there is no such store */
  async set(of: RecordKey, record: { value: string; expiresAtMs: number | null; nowMs: number }): Promise<void> {
    const { value, expiresAtMs, nowMs } = record;
    const { rowCount } = await this.#db.query(SET, [of.orgId, of.storeId, nowMs, of.key, value, expiresAtMs]);
    if (rowCount === 0) throw gone(of);
  }

  /** Answers whether there is such a record. */
  async setExpiry(of: RecordKey, { expiresAtMs, nowMs }: { expiresAtMs: number | null; nowMs: number }) {
    const { rowCount } = await this.#db.query(
      `update data_store_records set expires_at_ms = $5::bigint
       where org_id = $1 and data_store_id = $2 and ${LIVE} and key = $4`,
      [of.orgId, of.storeId, nowMs, of.key, expiresAtMs],
    );
    return rowCount === 1;
  }

  /** Answers whether there was such a record. */
  async delete(of: RecordKey, nowMs: number): Promise<boolean> {
    const { rows } = await this.#db.query<{ live: boolean }>(
      `delete from data_store_records where org_id = $1 and data_store_id = $2 and key = $4 returning ${LIVE} as live`,
      [of.orgId, of.storeId, nowMs, of.key],
    );
    return rows[0]?.live ?? false;
  }

  async clear(of: StoreKey): Promise<void> {
    await this.#db.query("delete from data_store_records where org_id = $1 and data_store_id = $2", [
      of.orgId,
      of.storeId,
    ]);
  }

  async keys(of: StoreKey, from: { after: string | null; nowMs: number }): Promise<StorePart<string>> {
    const { rows } = await this.#db.query<{ key: string }>(
      `select key from data_store_records where org_id = $1 and data_store_id = $2 and ${LIVE}
       and ($4::text is null or key > $4) order by key limit ${PART_KEYS + 1}`,
      [of.orgId, of.storeId, from.nowMs, from.after],
    );
    return { items: rows.slice(0, PART_KEYS).map((row) => row.key), hasMore: rows.length > PART_KEYS };
  }

  /** At most about 4 MB of values, but always one record if there is one. */
  async entries(
    of: StoreKey,
    from: { after: string | null; nowMs: number },
  ): Promise<StorePart<{ key: string; value: string }>> {
    const { rows } = await this.#db.query<{ key: string; value: string; total: number }>(ENTRIES, [
      of.orgId,
      of.storeId,
      from.nowMs,
      from.after,
    ]);
    return { items: rows, hasMore: rows.length < (rows[0]?.total ?? 0) };
  }

  /**
   * Adds to a number in one statement; no record counts as 0. The expiry stays. Answers the JSON text of the sum.
   * @throws DataStoreError `not_a_number` or `gone`
   */
  async increment(of: RecordKey, { by, nowMs }: { by: number; nowMs: number }): Promise<string> {
    const { rows } = await this.#db
      .query<{ value: string }>(INCREMENT, [of.orgId, of.storeId, nowMs, of.key, by])
      .catch((error: unknown) => {
        if (error instanceof Error && "code" in error && error.code === NUMERIC_OVERFLOW)
          throw notANumber(of.key, error);
        throw error;
      });
    if (rows[0]) return rows[0].value;
    throw (await this.has(of, nowMs)) ? notANumber(of.key) : gone(of);
  }

  /**
   * Replaces a record only while it holds what is expected; undefined stands for no record, on both sides. The expiry
   * of a record that stays is kept.
   */
  async compareAndSet(
    of: RecordKey,
    change: { expected: unknown; value: string | undefined; nowMs: number },
  ): Promise<boolean> {
    const { expected, value, nowMs } = change;
    return this.#db.transaction(async (trx) => {
      const { rows } = await sql<{ value: string; expires_at_ms: number | null }>`
        select value, expires_at_ms from data_store_records
        where org_id = ${of.orgId} and data_store_id = ${of.storeId} and key = ${of.key} for update`.execute(trx);
      const live = rows.find((row) => (row.expires_at_ms ?? Infinity) > nowMs);
      const current: unknown = live && JSON.parse(live.value);
      if (!isDeepStrictEqual(current, expected)) return false;
      if (value !== undefined) return live ? replace(trx, { of, value, nowMs }) : add(trx, { of, value, nowMs });
      await sql`delete from data_store_records
        where org_id = ${of.orgId} and data_store_id = ${of.storeId} and key = ${of.key}`.execute(trx);
      return true;
    });
  }

  list(of: StoreKey, { page, nowMs }: { page: PageRequest; nowMs: number }): Promise<Page<StoredRecord>> {
    return selectPage<StoredRecord>(this.#db.kysely, {
      columns: sql`key, case when octet_length(value) <= ${LISTED_VALUE_BYTES} then value end as value,
        octet_length(value) as size_bytes, expires_at_ms, updated_at_ms`,
      from: sql`data_store_records`,
      where: sql`org_id = ${of.orgId} and data_store_id = ${of.storeId}
        and (expires_at_ms is null or expires_at_ms > ${nowMs})`,
      id: sql`key`,
      sort: sql`key`,
      direction: "asc",
      page,
    });
  }

  /** Removes records that have expired, in all workspaces, up to a number. */
  async prune(nowMs: number, limit: number): Promise<number> {
    const { rowCount } = await this.#db.query(
      `delete from data_store_records where ctid = any(array(
         select ctid from data_store_records where expires_at_ms <= $1 order by expires_at_ms limit $2 for update skip locked))`,
      [nowMs, limit],
    );
    return rowCount ?? 0;
  }
}

interface Change {
  of: RecordKey;
  value: string;
  nowMs: number;
}

/** Within a transaction that has locked the record. */
async function replace(trx: Kysely<Schema>, { of, value, nowMs }: Change): Promise<boolean> {
  await sql`update data_store_records set value = ${value}, updated_at_ms = ${nowMs}
    where org_id = ${of.orgId} and data_store_id = ${of.storeId} and key = ${of.key}`.execute(trx);
  return true;
}

/** False when another has added it meanwhile: what is not there yet can not be locked. */
async function add(trx: Kysely<Schema>, { of, value, nowMs }: Change): Promise<boolean> {
  const added = await sql`
    insert into data_store_records as record (org_id, data_store_id, key, value, expires_at_ms, updated_at_ms)
    select org_id, data_store_id, ${of.key}, ${value}, null, ${nowMs}::bigint
    from data_stores where org_id = ${of.orgId} and data_store_id = ${of.storeId}
    on conflict (org_id, data_store_id, key) do update set
      value = excluded.value, expires_at_ms = null, updated_at_ms = excluded.updated_at_ms
    where record.expires_at_ms <= ${nowMs}`.execute(trx);
  return added.numAffectedRows === 1n;
}

function gone(of: StoreKey): DataStoreError {
  return new DataStoreError("gone", `The data store ${of.storeId} does not exist any more`);
}

function notANumber(key: string, cause?: Error): DataStoreError {
  return new DataStoreError("not_a_number", `The value of ${JSON.stringify(key)} is no number that can be added to`, {
    cause,
  });
}
