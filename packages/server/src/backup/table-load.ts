import { once } from "node:events";
import { finished } from "node:stream/promises";
import type pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { damaged, type TableShape } from "./manifest.ts";
import { quoted } from "./snapshot.ts";

/** Fills one table with what COPY wrote of it. */
export class TableLoad {
  readonly name: string;
  readonly #stream: ReturnType<typeof copyFrom>;
  readonly #done: Promise<void>;
  /** The database has said no: the stream has let go of its connection, and takes nothing more. */
  #hasFailed = false;

  constructor(client: pg.Client, { name, columns }: TableShape) {
    this.name = name;
    const list = columns.map(quoted).join(", ");
    this.#stream = client.query(copyFrom(`copy ${quoted(name)} (${list}) from stdin`));
    this.#stream.once("error", () => (this.#hasFailed = true));
    this.#done = finished(this.#stream);
    this.#done.catch(() => {});
  }

  /** Waits for the database when it is slower. @throws BackupError when these are no rows of the table */
  async write(chunk: Buffer): Promise<void> {
    if (this.#hasFailed) return this.#settled();
    if (!this.#stream.write(chunk)) await Promise.race([once(this.#stream, "drain"), this.#settled()]);
  }

  /** Answers how many rows there were. */
  async end(): Promise<number> {
    if (!this.#hasFailed) this.#stream.end();
    await this.#settled();
    return this.#stream.rowCount;
  }

  /** Garbage is noticed by the database before the checksum is: bad data, a broken rule, or no COPY format at all. */
  #settled(): Promise<void> {
    return this.#done.catch((error: unknown) => {
      const code = error instanceof Error && "code" in error ? String(error.code) : "";
      throw /^(22|23|42|08P)/.test(code) ? damaged(`table "${this.name}" does not load`, { cause: error }) : error;
    });
  }
}
