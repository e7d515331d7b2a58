import type pg from "pg";
import { discardClient, openClient, type ConnectionOptions } from "./connection.ts";
import { breaksConnection, mapDatabaseError } from "./unavailable.ts";

/**
 * One dedicated connection for a stream of statements that must not wait behind others (the commit lane). It connects
 * when needed; after a failure of the connection the running call fails as `unavailable` (whether its transaction was
 * committed is then unknown) and the next call connects again. Calls run one after the other.
 */
export class Lane {
  readonly #options: ConnectionOptions;
  #client: pg.Client | null = null;
  #tail: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /**
   * Runs one statement; `name` makes it a prepared one.
   * @throws ApiError `unavailable` when the database is away; the driver's error when the statement is wrong.
   */
  query<R extends pg.QueryResultRow>(query: pg.QueryConfig): Promise<pg.QueryResult<R>> {
    return this.run((client) => client.query<R>(query));
  }

  /** Runs several statements on the connection, nothing else in between. `work` begins and ends its own transactions. */
  run<T>(work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
    const result = this.#tail.then(() => this.#attempt(work));
    this.#tail = result.catch(() => {});
    return result;
  }

  /** Waits for the calls made so far, then ends the connection. */
  async close(): Promise<void> {
    await this.#tail;
    this.#closed = true;
    const client = this.#client;
    this.#client = null;
    await client?.end();
  }

  async #attempt<T>(work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
    try {
      return await work(await this.#connected());
    } catch (error) {
      if (breaksConnection(error)) this.#drop();
      throw mapDatabaseError(error);
    }
  }

  async #connected(): Promise<pg.Client> {
    if (this.#closed) throw new Error("Cannot query on a lane that is closed");
    if (this.#client) return this.#client;
    const client = await openClient(this.#options);
    client.once("end", () => {
      if (this.#client === client) this.#client = null;
    });
    this.#client = client;
    return client;
  }

  #drop(): void {
    const client = this.#client;
    this.#client = null;
    if (client) discardClient(client);
  }
}
