import { sql } from "kysely";
import type { Database } from "../db/index.ts";
import type { Vault } from "./vault.ts";

/** Much longer than any node seals with a key that was retired elsewhere. */
const KEPT_MS = 3_600_000;
const ROWS_AT_ONCE = 200;

interface SealedColumn {
  table_name: string;
  column_name: string;
}

interface RetiredKey {
  org_id: string;
  vault_key_id: string;
  retired_at_ms: number;
}

/** Seals anew what the retired keys of workspaces sealed, and removes the keys that open nothing any more. */
export class KeyRetirement {
  readonly #db: Database;
  readonly #vault: Vault;

  constructor(options: { db: Database; vault: Vault }) {
    this.#db = options.db;
    this.#vault = options.vault;
  }

  /** One round over all retired keys, or over those of one workspace. @returns how many secrets were sealed anew */
  async tick(nowMs: number, orgId?: string): Promise<number> {
    const keys = this.#db.kysely.selectFrom("vault_keys").select(["org_id", "vault_key_id", "retired_at_ms"]);
    const retired = keys.where("retired_at_ms", "is not", null).$narrowType<{ retired_at_ms: number }>();
    const rows = await (orgId === undefined ? retired : retired.where("org_id", "=", orgId)).execute();
    if (rows.length === 0) return 0;
    const columns = await this.#sealedColumns();
    let count = 0;
    for (const key of rows) count += await this.#retire(key, { columns, nowMs });
    return count;
  }

  async #retire(key: RetiredKey, { columns, nowMs }: { columns: SealedColumn[]; nowMs: number }): Promise<number> {
    let count = 0;
    for (const column of columns) count += await this.#resealColumn(key, column);
    if (count > 0 || nowMs - key.retired_at_ms < KEPT_MS) return count;
    const removal = this.#db.kysely.deleteFrom("vault_keys").where("org_id", "=", key.org_id);
    await removal.where("vault_key_id", "=", key.vault_key_id).execute();
    return count;
  }

  async #resealColumn(key: RetiredKey, { table_name, column_name }: SealedColumn): Promise<number> {
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
