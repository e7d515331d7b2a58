import type pg from "pg";
import { createPartitions, Database, discardClient, migrate, openClient, readMigrations } from "../db/index.ts";
import { BackupError } from "./backup-error.ts";
import { damaged, type ArchiveEnd, type Manifest } from "./manifest.ts";
import { quoted } from "./snapshot.ts";
import { TableLoad } from "./table-load.ts";

const SETTING = "restored_as";

/** @throws BackupError `archive_newer` for an archive of a schema that this code does not know */
export async function assertKnownSchema({ migrations, millrace_version }: Manifest): Promise<void> {
  const ours = new Map((await readMigrations()).map((one) => [one.number, one.sha256]));
  if (migrations.every(({ number, sha256 }) => ours.get(number) === sha256)) return;
  throw new BackupError(
    "archive_newer",
    `The backup was made by a newer or another Millrace (${millrace_version}); restore it with that version.`,
  );
}

/** An empty database that is filled in one transaction: all of it is there after `commit`, and nothing before. */
export class DatabaseTarget {
  readonly #client: pg.Client;
  readonly #manifest: Manifest;
  readonly #rows: Record<string, number> = {};
  #load: TableLoad | null = null;

  private constructor(client: pg.Client, manifest: Manifest) {
    this.#client = client;
    this.#manifest = manifest;
  }

  /** Null: this very restore has been committed before. @throws BackupError `target_not_empty` */
  static async open(url: string, { manifest, id }: { manifest: Manifest; id: string }): Promise<DatabaseTarget | null> {
    if ((await stateOf(url, id)) === "restored") return null;
    await migrate(url, { upTo: Math.max(...manifest.migrations.map(({ number }) => number)) });
    const db = await Database.connect({ url });
    await createPartitions(db, manifest.partitions).finally(() => db.close());
    const client = await openClient({ url, applicationName: "millrace restore", queryTimeoutMs: 0 });
    const target = new DatabaseTarget(client, manifest);
    try {
      await target.#begin();
      return target;
    } catch (error) {
      discardClient(client);
      throw error;
    }
  }

  /** Adds a part of a table's rows; tables come one after the other. */
  async add(table: string, bytes: AsyncIterable<Buffer>): Promise<void> {
    if (this.#load?.name !== table) {
      await this.#endLoad();
      const shape = this.#manifest.tables.find(({ name }) => name === table);
      if (shape === undefined) throw damaged(`it has rows of "${table}", which it does not name`);
      this.#load = new TableLoad(this.#client, shape);
    }
    for await (const chunk of bytes) await this.#load.write(chunk);
  }

  /** Answers how many rows there are now. @throws BackupError when there are not as many as there were */
  async commit(end: ArchiveEnd, id: string): Promise<number> {
    await this.#endLoad();
    for (const [table, count] of Object.entries(end.rows)) {
      if ((this.#rows[table] ?? 0) !== count) throw damaged(`it lacks rows of "${table}"`);
    }
    for (const { name, last_value, is_called } of end.sequences) {
      await this.#client.query("select setval($1::regclass, $2::bigint, $3)", [quoted(name), last_value, is_called]);
    }
    await this.#client.query(
      `insert into instance_settings (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value`,
      [SETTING, id],
    );
    await this.#client.query("commit");
    // So that the first questions are planned by what is really there.
    await this.#client.query("analyze");
    return Object.values(end.rows).reduce((sum, count) => sum + count, 0);
  }

  close(): void {
    discardClient(this.#client);
  }

  async #begin(): Promise<void> {
    const { rows } = await this.#client.query<{ last: number }>("select max(number) as last from migrations");
    if (rows[0]?.last !== this.#manifest.migrations.length) {
      throw new BackupError("target_not_empty", "The database has a newer schema than the backup; use an empty one.");
    }
    await this.#client.query("begin");
    // Waits for whoever works in these tables, and keeps everybody out until all rows are there.
    const names = this.#manifest.tables.map(({ name }) => quoted(name)).join(", ");
    await this.#client.query(`lock table ${names} in access exclusive mode`);
    if (await hasUsers(this.#client)) throw notEmpty();
    // Migrations have left rows of their own; the backup has its own of them.
    await this.#client.query(`truncate ${names}`);
  }

  async #endLoad(): Promise<void> {
    if (this.#load !== null) this.#rows[this.#load.name] = await this.#load.end();
    this.#load = null;
  }
}

async function stateOf(url: string, id: string): Promise<"empty" | "restored"> {
  const client = await openClient({ url, applicationName: "millrace restore" });
  try {
    const { rows } = await client.query<{ users: string | null }>("select to_regclass('users')::text as users");
    if (rows[0]?.users === null) return "empty";
    const marked = await client.query("select from instance_settings where name = $1 and value = $2", [SETTING, id]);
    if (marked.rowCount === 1) return "restored";
    if (await hasUsers(client)) throw notEmpty();
    return "empty";
  } finally {
    discardClient(client);
  }
}

async function hasUsers(client: pg.Client): Promise<boolean> {
  const { rowCount } = await client.query("select from users limit 1");
  return rowCount === 1;
}

function notEmpty(): BackupError {
  return new BackupError(
    "target_not_empty",
    "The database holds an instance already, and nothing is ever overwritten; use an empty one (DATABASE_URL).",
  );
}
