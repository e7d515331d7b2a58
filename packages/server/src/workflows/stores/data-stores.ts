import type { Json } from "@millrace/runner";
import { sql } from "kysely";
import { ApiError, invalidInput, newId, notFound, type Page, type PageRequest } from "../../core/index.ts";
import { selectPage, type Database } from "../../db/index.ts";
import { answerStoreCall } from "./store-calls.ts";
import { DataStoreError } from "./store-error.ts";
import { assertKey, expiryOf, valueText } from "./store-limits.ts";
import { StoreRecords, type RecordKey, type StoredRecord } from "./store-records.ts";

export interface DataStoreRow {
  org_id: string;
  data_store_id: string;
  name: string;
  created_at_ms: number;
  updated_at_ms: number;
}

/** What a step may reach. */
export interface StoreAccess {
  readonly orgId: string;
  /** `ds_…`, as its step was configured. */
  readonly allowedIds: readonly string[];
}

const PRUNE_ROWS = 5_000;
const CONSTRAINT = "23503";

// The versions that run, that will run, and that runs under way are still on.
const USERS = `
select distinct workflow.workflow_id from workflows as workflow
join workflow_versions as version on version.org_id = workflow.org_id and version.workflow_id = workflow.workflow_id
where workflow.org_id = $1 and position($2 in version.definition) > 0
  and (version.deployment_id in (workflow.deployment_id, workflow.pending_deployment_id)
    or exists (select from workflow_runs as run where run.org_id = workflow.org_id and run.workflow_id = workflow.workflow_id
      and run.deployment_id = version.deployment_id and run.ended_at_ms is null))
order by workflow.workflow_id limit 10`;

/** The data stores of workspaces. */
export class DataStores {
  readonly #db: Database;
  readonly #records: StoreRecords;

  constructor(options: { db: Database }) {
    this.#db = options.db;
    this.#records = new StoreRecords(options);
  }

  async create(orgId: string, name: string): Promise<DataStoreRow> {
    const nowMs = Date.now();
    const row = { org_id: orgId, data_store_id: newId("dataStore"), name, created_at_ms: nowMs, updated_at_ms: nowMs };
    await this.#db.kysely.insertInto("data_stores").values(row).execute();
    return row;
  }

  /** @throws ApiError 404 */
  async find(orgIds: readonly string[], storeId: string): Promise<DataStoreRow> {
    const { rows } = await this.#db.query<DataStoreRow>(
      "select * from data_stores where org_id = any($1) and data_store_id = $2",
      [[...orgIds], storeId],
    );
    if (!rows[0]) throw notFound(`Data store ${storeId}`);
    return rows[0];
  }

  /** Which of these ids are data stores of the workspace. */
  async existing(orgId: string, storeIds: readonly string[]): Promise<ReadonlySet<string>> {
    const { rows } = await this.#db.query<{ data_store_id: string }>(
      "select data_store_id from data_stores where org_id = $1 and data_store_id = any($2)",
      [orgId, [...storeIds]],
    );
    return new Set(rows.map((row) => row.data_store_id));
  }

  list(orgIds: readonly string[], page: PageRequest): Promise<Page<DataStoreRow>> {
    return selectPage<DataStoreRow>(this.#db.kysely, {
      columns: sql`*`,
      from: sql`data_stores`,
      where: sql`org_id = any(${[...orgIds]})`,
      id: sql`data_store_id`,
      sort: sql`created_at_ms`,
      direction: "desc",
      page,
    });
  }

  /** Removes it with its records. @throws ApiError 404, or 409 while a workflow uses it */
  async delete(orgIds: readonly string[], storeId: string): Promise<void> {
    const { org_id: orgId } = await this.find(orgIds, storeId);
    const { rows } = await this.#db.query<{ workflow_id: string }>(USERS, [orgId, JSON.stringify(storeId)]);
    if (rows.length > 0) {
      const names = rows.map((row) => row.workflow_id).join(", ");
      throw new ApiError("conflict", `Data store ${storeId} is used by ${names}`);
    }
    await this.#db.query("delete from data_stores where org_id = $1 and data_store_id = $2", [orgId, storeId]);
  }

  /** @throws ApiError 404 */
  async listRecords(orgIds: readonly string[], storeId: string, page: PageRequest): Promise<Page<StoredRecord>> {
    const { org_id: orgId } = await this.find(orgIds, storeId);
    return this.#records.list({ orgId, storeId }, { page, nowMs: Date.now() });
  }

  /** @throws ApiError 404 */
  async getRecord(orgIds: readonly string[], of: { storeId: string; key: string }) {
    const { org_id: orgId } = await this.find(orgIds, of.storeId);
    const record = await this.#records.get({ orgId, ...of }, Date.now());
    if (!record) throw notFound(`Record ${of.key}`);
    return record;
  }

  /** @throws ApiError 400, 404 */
  async putRecord(
    orgIds: readonly string[],
    of: { storeId: string; key: string },
    record: { value: unknown; ttlSeconds: number | undefined },
  ): Promise<StoredRecord> {
    const { org_id: orgId } = await this.find(orgIds, of.storeId);
    const nowMs = Date.now();
    const checked = checkedAt("key", () => assertKey(of.key));
    const value = checkedAt("value", () => valueText(record.value));
    const expiresAtMs = checkedAt("ttl_s", () => expiryOf(record.ttlSeconds, nowMs));
    const full: RecordKey = { orgId, storeId: of.storeId, key: checked };
    await this.#records.set(full, { value, expiresAtMs, nowMs }).catch((error: unknown) => {
      throw isGone(error) ? notFound(`Data store ${of.storeId}`) : error;
    });
    const shown = { expires_at_ms: expiresAtMs, updated_at_ms: nowMs, size_bytes: Buffer.byteLength(value) };
    return { key: checked, value, ...shown };
  }

  /** @throws ApiError 404 */
  async deleteRecord(orgIds: readonly string[], of: { storeId: string; key: string }): Promise<void> {
    const { org_id: orgId } = await this.find(orgIds, of.storeId);
    if (!(await this.#records.delete({ orgId, ...of }, Date.now()))) throw notFound(`Record ${of.key}`);
  }

  /**
   * Answers a `dataStore.…` call of a step. Nothing in `params` is believed.
   * @throws DataStoreError for the user to see; ApiError `unavailable`
   */
  async handle(access: StoreAccess, method: string, params: Json): Promise<Json> {
    try {
      return await answerStoreCall(this.#records, { access, method, params, nowMs: Date.now() });
    } catch (error) {
      if (isGone(error)) throw new DataStoreError("gone", "The data store does not exist any more", { cause: error });
      throw error;
    }
  }

  /** A chore: removes what has expired, all of it. */
  async pruneExpired(nowMs: number): Promise<number> {
    let count = 0;
    for (;;) {
      const pruned = await this.#records.prune(nowMs, PRUNE_ROWS);
      count += pruned;
      if (pruned < PRUNE_ROWS) return count;
    }
  }
}

/** The store was deleted while the record was being written. */
function isGone(error: unknown): boolean {
  if (error instanceof DataStoreError) return error.code === "gone";
  return error instanceof Error && "code" in error && error.code === CONSTRAINT;
}

function checkedAt<T>(path: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof DataStoreError) throw invalidInput([{ path, message: error.message }]);
    throw error;
  }
}
