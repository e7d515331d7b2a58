import type pg from "pg";
import { NODE_LOCK_PREFIX, type Database, type Lane } from "../db/index.ts";
import { releaseOwn } from "./release.ts";

export interface NodeSessionOptions {
  db: Database;
  nodeId: string;
  epoch: number;
  /** The deliveries that this process works on at the moment. */
  heldDeliveryIds(): Iterable<number>;
  /** Told when deliveries of an earlier life or of a lost answer were given back: they wait to be claimed. */
  onReleased?(count: number): void;
  /** Awaited before each use when it returns something: proves to the other nodes that this one lives. */
  fresh?(): Promise<void> | null;
  queryTimeoutMs?: number;
}

/**
 * The one connection on which this node writes claims, so that they happen one after the other. A session lock in the
 * node's name makes sure that nothing of an earlier connection can still be written when a new one begins; then
 * whatever the database thinks this node holds, but the process does not, is given back.
 */
export class NodeSession {
  readonly nodeId: string;
  readonly epoch: number;
  readonly #options: NodeSessionOptions;
  readonly #lane: Lane;
  #prepared: pg.ClientBase | null = null;

  constructor(options: NodeSessionOptions) {
    this.nodeId = options.nodeId;
    this.epoch = options.epoch;
    this.#options = options;
    this.#lane = options.db.openLane({
      applicationName: "millrace commit",
      ...(options.queryTimeoutMs !== undefined && { queryTimeoutMs: options.queryTimeoutMs }),
    });
  }

  /** Takes back what an earlier life of this node held. */
  start(): Promise<void> {
    return this.run(async () => {});
  }

  /**
   * Runs statements with nothing else in between.
   * @throws ApiError `unavailable` when the database is away; whether something was written is then unknown.
   */
  run<T>(work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
    return this.#lane.run(async (client) => {
      const beat = this.#options.fresh?.();
      if (beat) await beat;
      if (this.#prepared !== client) await this.#prepare(client);
      return work(client);
    });
  }

  /** Waits for what runs, then ends the connection. */
  stop(): Promise<void> {
    return this.#lane.close();
  }

  async #prepare(client: pg.ClientBase): Promise<void> {
    const lockName = `${NODE_LOCK_PREFIX}${this.nodeId}`;
    await client.query(
      `select pg_terminate_backend(pid) from pg_locks
       where locktype = 'advisory' and granted and pid <> pg_backend_pid() and objsubid = 1
         and database = (select oid from pg_database where datname = current_database())
         and (classid::bigint << 32) | objid::bigint = hashtextextended($1, 0)`,
      [lockName],
    );
    await client.query("select pg_advisory_lock(hashtextextended($1, 0))", [lockName]);
    const released = await releaseOwn(client, {
      nodeId: this.nodeId,
      epoch: this.epoch,
      heldDeliveryIds: [...this.#options.heldDeliveryIds()],
    });
    this.#prepared = client;
    if (released > 0) this.#options.onReleased?.(released);
  }
}
