import { sql } from "kysely";
import type { Database } from "../db/index.ts";
import type { Vault } from "./vault.ts";

const ROWS_AT_ONCE = 200;

interface SealedColumn {
  table_name: string;
  column_name: string;
}

interface RetiredKey {
  org_id: string;
  vault_key_id: string;
}

/** So long after its retirement nobody seals with a key any more, whatever a node remembered or had under way. */
const KEPT_MS = 24 * 3_600_000;
/** Texts that never change and hold sealed secrets with the ids of their keys. */
const HOLDERS = [
  ["sources", "configured_props"],
  ["workflow_versions", "definition"],
] as const;

/**
 * Seals anew what the retired keys of workspaces sealed. A retired key stays while versions of workflows, which never
 * change, or sources hold secrets that only it opens, and goes a day after the last of them.
 */
export class KeyRetirement {
  readonly #db: Database;
  readonly #vault: Vault;

  constructor(options: { db: Database; vault: Vault }) {
    this.#db = options.db;
    this.#vault = options.vault;
  }

  /** A new key for a workspace, and everything of it that can be sealed anew under that. @returns how many secrets were */
  async rotate(orgId: string): Promise<{ vaultKeyId: string; resealed: number }> {
    const vaultKeyId = await this.#vault.rotate(orgId);
    return { vaultKeyId, resealed: await this.tick(orgId) };
  }

  /** One round over all retired keys, or over those of one workspace: also what other nodes sealed meanwhile. */
  async tick(orgId?: string): Promise<number> {
    const keys = this.#db.kysely.selectFrom("vault_keys").select(["org_id", "vault_key_id"]);
    const retired = keys.where("retired_at_ms", "is not", null);
    const rows = await (orgId === undefined ? retired : retired.where("org_id", "=", orgId)).execute();
    if (rows.length === 0) return 0;
    const columns = await this.#sealedColumns();
    let count = 0;
    for (const key of rows) for (const column of columns) count += await this.#reseal(key, column);
    return count;
  }

  /** Deletes the retired keys that nothing needs any more. @returns how many */
  async prune(nowMs: number): Promise<number> {
    const columns = await this.#sealedColumns();
    const unused = [
      ...columns.map(({ table_name }) => {
        const table = sql.table(table_name);
        return sql`not exists (select from ${table} t where t.org_id = k.org_id and t.vault_key_id = k.vault_key_id)`;
      }),
      ...HOLDERS.map(([table, column]) => {
        const held = sql`position(k.vault_key_id in t.${sql.ref(column)}) > 0`;
        return sql`not exists (select from ${sql.table(table)} t where t.org_id = k.org_id and ${held})`;
      }),
    ];
    const { numAffectedRows } = await sql`delete from vault_keys k where k.retired_at_ms < ${nowMs - KEPT_MS}
      and ${sql.join(unused, sql` and `)}`.execute(this.#db.kysely);
    return Number(numAffectedRows ?? 0);
  }

  async #reseal(key: RetiredKey, { table_name, column_name }: SealedColumn): Promise<number> {
    const table = sql.table(table_name);
    const column = sql.ref(column_name);
    const mine = sql`org_id = ${key.org_id} and vault_key_id = ${key.vault_key_id}`;
    for (let count = 0; ;) {
      const { rows } = await sql<{ sealed: string }>`select ${column} as sealed from ${table}
        where ${mine} and ${column} is not null limit ${ROWS_AT_ONCE}`.execute(this.#db.kysely);
      for (const { sealed } of rows) {
        const text = await this.#vault.open(key.org_id, key.vault_key_id, sealed);
        const anew = await this.#vault.seal(key.org_id, text);
        // A row that was changed meanwhile was sealed by whoever changed it.
        await sql`update ${table} set ${column} = ${anew.sealed}, vault_key_id = ${anew.vaultKeyId}
          where ${mine} and ${column} = ${sealed}`.execute(this.#db.kysely);
      }
      count += rows.length;
      if (rows.length < ROWS_AT_ONCE) return count;
    }
  }

  /** Every table that names the key of a sealed text keeps the text in a `sealed_…` column beside it. */
  async #sealedColumns(): Promise<SealedColumn[]> {
    const { rows } = await this.#db.query<SealedColumn>(
      `select c.table_name, c.column_name from information_schema.columns c
       join information_schema.columns k on k.table_schema = c.table_schema and k.table_name = c.table_name
       where c.table_schema = current_schema() and k.column_name = 'vault_key_id' and c.column_name like 'sealed\\_%'`,
    );
    return rows;
  }
}
