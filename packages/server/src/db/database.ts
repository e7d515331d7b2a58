import { Kysely, PostgresDialect, sql, type Transaction } from "kysely";
import pg from "pg";
import { StartupError } from "../core/index.ts";
import { explainConnectFailure } from "./connect-failure.ts";
import { clientConfig, type ConnectionOptions } from "./connection.ts";
import { Lane } from "./lane.ts";
import { encodeHint, Listener, type HintHandler } from "./listener.ts";
import { adaptPool } from "./pool-adapter.ts";
import type { Schema } from "./schema/index.ts";
import { assertServerVersion } from "./server-version.ts";
import { breaksConnection, mapDatabaseError } from "./unavailable.ts";

export interface DatabaseOptions extends ConnectionOptions {
  /** Connections for general queries; lanes and the listener have their own. */
  poolSize?: number;
  /** Hears of broken connections; they are replaced without anyone's help. */
  onError?(error: unknown): void;
}

/** Tells all nodes when this transaction commits, and nobody when it fails. */
export async function notifyWithin(trx: Kysely<Schema>, hint: { topic: string; payload?: unknown }): Promise<void> {
  await sql`select pg_notify('millrace', ${encodeHint(hint.topic, hint.payload)})`.execute(trx);
}

/**
 * The instance's PostgreSQL: a pool for general queries, lanes for streams of their own, and hints between nodes.
 * bigint columns are numbers. When the server is away or stuck, calls fail with ApiError `unavailable` within the
 * timeouts, and work again when it is back.
 */
export class Database {
  readonly url: string;
  /** For plain SQL prefer `query`, which maps errors; connections taken from here fail with the driver's own errors. */
  readonly pool: pg.Pool;
  readonly kysely: Kysely<Schema>;
  readonly #options: DatabaseOptions;
  readonly #listener: Listener;
  readonly #lanes = new Set<Lane>();

  private constructor(options: DatabaseOptions) {
    this.url = options.url;
    this.#options = options;
    const onError = options.onError ?? (() => {});
    this.pool = new pg.Pool({ ...clientConfig(options), max: options.poolSize ?? 8 });
    this.pool.on("error", onError);
    // A connection that breaks between two statements of one transaction must not end the process.
    this.pool.on("connect", (client) => void client.on("error", () => {}));
    this.kysely = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: adaptPool(this.pool) }) });
    this.#listener = new Listener({ connection: options, onError });
  }

  /**
   * Connects and checks the server.
   * @throws StartupError `database_unreachable`, `database_refused_login`, `database_missing` or `database_too_old`.
   */
  static async connect(options: DatabaseOptions): Promise<Database> {
    const database = new Database(options);
    try {
      await database.#assertVersion();
      await database.#listener.start();
    } catch (error) {
      await database.close();
      throw error instanceof StartupError ? error : explainConnectFailure(error, options.url);
    }
    return database;
  }

  /** Runs one statement. @throws ApiError `unavailable`, or the driver's error for a statement that is wrong. */
  async query<R extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<pg.QueryResult<R>> {
    let client: pg.PoolClient | undefined;
    let isBroken = false;
    try {
      client = await this.pool.connect();
      return await client.query<R>(text, [...values]);
    } catch (error) {
      isBroken = breaksConnection(error);
      throw mapDatabaseError(error);
    } finally {
      client?.release(isBroken);
    }
  }

  /** Asks the server whether it only follows another one and takes no writes. @throws ApiError `unavailable` */
  async isStandby(): Promise<boolean> {
    const { rows } = await this.query<{ standby: boolean }>("select pg_is_in_recovery() as standby");
    return rows[0]?.standby ?? false;
  }

  /** Runs `work` in one transaction: all of it is written, or nothing when it throws. */
  transaction<T>(work: (trx: Transaction<Schema>) => Promise<T>): Promise<T> {
    return this.kysely.transaction().execute(work);
  }

  /** A connection of its own; connects at the first call. Closed with the database at the latest. */
  openLane(options: Pick<ConnectionOptions, "applicationName" | "queryTimeoutMs"> = {}): Lane {
    const lane = new Lane({ ...this.#options, ...options });
    this.#lanes.add(lane);
    return lane;
  }

  /**
   * Hears what any node notifies on a topic, itself included. Hints may be lost: a `reread` hint tells the handler that
   * some may have been. Returns the removal of the handler.
   */
  listen(topic: string, handler: HintHandler): () => void {
    return this.#listener.on(topic, handler);
  }

  /** Tells all nodes at once; within a transaction use `notifyWithin`. */
  notify(topic: string, payload?: unknown): Promise<void> {
    return notifyWithin(this.kysely, { topic, payload });
  }

  /** Ends all connections; waits for the statements that run. */
  async close(): Promise<void> {
    await this.#listener.close();
    await Promise.all([...this.#lanes].map((lane) => lane.close()));
    await this.pool.end();
  }

  async #assertVersion(): Promise<void> {
    const client = await this.pool.connect();
    try {
      await assertServerVersion(client);
    } finally {
      client.release();
    }
  }
}
