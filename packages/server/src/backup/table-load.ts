import { once } from "node:events";
import { finished } from "node:stream/promises";
import type pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import type { TableShape } from "./manifest.ts";
import { quoted } from "./snapshot.ts";

/** Fills one table with what COPY wrote of it. */
export class TableLoad {
  readonly name: string;
  readonly #stream: ReturnType<typeof copyFrom>;
  readonly #done: Promise<void>;

  constructor(client: pg.Client, { name, columns }: TableShape) {
    this.name = name;
    const list = columns.map(quoted).join(", ");
    this.#stream = client.query(copyFrom(`copy ${quoted(name)} (${list}) from stdin`));
    this.#done = finished(this.#stream);
    this.#done.catch(() => {});
  }

  /** Waits for the database when it is slower. @throws what the database says of the rows */
  async write(chunk: Buffer): Promise<void> {
    if (!this.#stream.write(chunk)) await Promise.race([once(this.#stream, "drain"), this.#done]);
  }

  /** Answers how many rows there were. */
  async end(): Promise<number> {
    this.#stream.end();
    await this.#done;
    return this.#stream.rowCount;
  }
}
