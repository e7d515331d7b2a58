import { setImmediate as turn } from "node:timers/promises";
import type pg from "pg";
import { to as copyTo } from "pg-copy-streams";
import { discardClient, openClient } from "../db/index.ts";
import { fillingOrder } from "./filling-order.ts";
import type { ArchiveEnd, Manifest, TableShape } from "./manifest.ts";

const PART_BYTES = 4 * 1024 ** 2;

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** One moment of the database, whatever is written to it meanwhile. Close it in the end. */
export class Snapshot {
  readonly #client: pg.Client;
  readonly tables: readonly TableShape[];

  private constructor(client: pg.Client, tables: readonly TableShape[]) {
    this.#client = client;
    this.tables = tables;
  }

  static async open(url: string): Promise<Snapshot> {
    const client = await openClient({ url, applicationName: "millrace backup", queryTimeoutMs: 0 });
    try {
      await client.query("begin isolation level repeatable read read only");
      const tables = await readTables(client);
      // Nobody drops a partition from under the copy.
      const names = tables.map(({ name }) => quoted(name));
      if (names.length > 0) await client.query(`lock table ${names.join(", ")} in access share mode`);
      return new Snapshot(client, tables);
    } catch (error) {
      discardClient(client);
      throw error;
    }
  }

  async migrations(): Promise<Manifest["migrations"]> {
    const { rows } = await this.#client.query<Manifest["migrations"][number]>(
      "select number, name, sha256 from migrations order by number",
    );
    return rows;
  }

  async partitions(): Promise<string[]> {
    const { rows } = await this.#client.query<{ name: string }>(
      `select relname as name from pg_class
       where relispartition and relkind = 'r' and relnamespace = current_schema()::regnamespace order by 1`,
    );
    return rows.map(({ name }) => name);
  }

  /** The objects that the rows of this moment refer to. */
  async objectKeys(): Promise<string[]> {
    const { rows } = await this.#client.query<{ key: string }>("select object_key as key from stored_files");
    return rows.map(({ key }) => key);
  }

  /** Numbers given out so far. Sequences know no moments: later is right, and only later. */
  async sequences(): Promise<ArchiveEnd["sequences"]> {
    const { rows } = await this.#client.query<{ name: string }>(
      "select sequencename as name from pg_sequences where schemaname = current_schema() order by 1",
    );
    const found = [];
    for (const { name } of rows) {
      const one = await this.#client.query<{ last_value: string; is_called: boolean }>(
        `select last_value::text, is_called from ${quoted(name)}`,
      );
      for (const row of one.rows) found.push({ name, ...row });
    }
    return found;
  }

  /** A table's rows as COPY writes them, in parts of a few megabytes. Returns how many rows there are. */
  async *copy({ name, columns }: TableShape): AsyncGenerator<Buffer, number> {
    const list = columns.map(quoted).join(", ");
    const stream = this.#client.query(copyTo(`copy (select ${list} from ${quoted(name)}) to stdout`));
    let parts: Buffer[] = [];
    let sizeBytes = 0;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      parts.push(chunk);
      sizeBytes += chunk.length;
      if (sizeBytes < PART_BYTES) continue;
      yield Buffer.concat(parts);
      [parts, sizeBytes] = [[], 0];
    }
    if (sizeBytes > 0) yield Buffer.concat(parts);
    // The driver is told of the statement's end a moment after the stream's.
    await turn();
    return stream.rowCount;
  }

  async close(): Promise<void> {
    await this.#client.end().catch(() => discardClient(this.#client));
  }
}

async function readTables(client: pg.Client): Promise<TableShape[]> {
  const { rows } = await client.query<TableShape>(
    `select c.relname as name, array_agg(a.attname::text order by a.attnum) as columns
     from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
       and not a.attisdropped and a.attgenerated = ''
     where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
       and not c.relispartition and c.relname <> 'migrations'
     group by c.relname order by c.relname`,
  );
  const references = await client.query<{ from: string; to: string }>(
    `select f.relname as from, t.relname as to from pg_constraint k
     join pg_class f on f.oid = k.conrelid join pg_class t on t.oid = k.confrelid
     where k.contype = 'f' and k.connamespace = current_schema()::regnamespace`,
  );
  return fillingOrder(rows, references.rows);
}
