import { sql } from "kysely";
import type { Database } from "./database.ts";

const BEAT_EVERY_MS = 3_000;
const LOST_AFTER_MS = 10_000;

// The database's clock, so that the nodes' own clocks need not agree.
const NOW_MS = sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`;

export interface NodeRegistrationOptions {
  db: Database;
  /** Unique among the nodes of a database and kept over restarts. */
  nodeName: string;
  roles: readonly string[];
  /** Shown to operators. */
  info?: Readonly<Record<string, unknown>>;
  onError?(error: unknown): void;
  beatEveryMs?: number;
  lostAfterMs?: number;
}

export interface NodeEpoch {
  nodeId: string;
  epoch: number;
}

/**
 * This process in the list of nodes. Each start of a node is a new epoch: what an earlier epoch claimed no longer
 * counts. It writes heartbeats only while it has claimed work, so an idle instance writes nothing; before claiming
 * after a pause, `fresh()` writes one.
 */
export class NodeRegistration implements NodeEpoch {
  readonly nodeId: string;
  readonly epoch: number;
  readonly #options: NodeRegistrationOptions;
  readonly #beatEveryMs: number;
  readonly #lostAfterMs: number;
  readonly #reasons = new Set<() => boolean>();
  #lastBeatMs = performance.now();
  #beating: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  /** Since when the database has answered without a failure; before it, silence of others may be the database's. */
  #reachableSinceMs = Number.NEGATIVE_INFINITY;

  private constructor(options: NodeRegistrationOptions, epoch: number) {
    this.nodeId = options.nodeName;
    this.epoch = epoch;
    this.#options = options;
    this.#beatEveryMs = options.beatEveryMs ?? BEAT_EVERY_MS;
    this.#lostAfterMs = options.lostAfterMs ?? LOST_AFTER_MS;
  }

  /** Begins a new epoch of the node. */
  static async register(options: NodeRegistrationOptions): Promise<NodeRegistration> {
    const info = JSON.stringify(options.info ?? {});
    const { rows } = await sql<{ epoch: number }>`
      insert into nodes (node_id, epoch, roles, started_at_ms, heartbeat_at_ms, info)
      values (${options.nodeName}, 1, ${[...options.roles]}, ${NOW_MS}, ${NOW_MS}, ${info})
      on conflict (node_id) do update set epoch = nodes.epoch + 1, roles = excluded.roles, info = excluded.info,
        started_at_ms = excluded.started_at_ms, heartbeat_at_ms = excluded.heartbeat_at_ms, stopped_at_ms = null
      returning epoch`.execute(options.db.kysely);
    return new NodeRegistration(options, rows[0]?.epoch ?? 1);
  }

  /** Heartbeats go on while any such function says that this node has claimed work. Returns its removal. */
  keepAlive(isBusy: () => boolean): () => void {
    this.#reasons.add(isBusy);
    return () => void this.#reasons.delete(isBusy);
  }

  /**
   * To be awaited before work is claimed in this node's name: otherwise others may take it for lost. Null (nothing to
   * wait for) while the last heartbeat is recent. @throws ApiError `unavailable`.
   */
  fresh(): Promise<void> | null {
    if (performance.now() - this.#lastBeatMs < this.#beatEveryMs) {
      this.#schedule();
      return null;
    }
    return this.#beat();
  }

  /**
   * Other nodes that hold deliveries but are stopped or have been silent too long. Take their deliveries in one
   * statement that looks at `nodes` again. Empty for a while after the database itself was away, for then nobody could
   * write a heartbeat.
   */
  async lostNodes(): Promise<NodeEpoch[]> {
    const { rows } = await this.#watched(() =>
      sql<NodeEpoch>`
        select node_id as "nodeId", epoch from nodes
        where node_id <> ${this.nodeId} and (stopped_at_ms is not null or heartbeat_at_ms < ${NOW_MS} - ${this.#lostAfterMs}::bigint)
          and exists (select from deliveries where deliveries.node_id = nodes.node_id)`.execute(
        this.#options.db.kysely,
      ),
    );
    return performance.now() - this.#reachableSinceMs < this.#lostAfterMs ? [] : rows;
  }

  /** Whether what this epoch of a node claimed no longer counts: a newer epoch, a stop, silence, or an unknown node. */
  async isGone(node: NodeEpoch): Promise<boolean> {
    const { rowCount } = await this.#options.db.query(
      `select 1 from nodes where node_id = $1 and epoch = $2 and stopped_at_ms is null
         and heartbeat_at_ms >= (extract(epoch from clock_timestamp()) * 1000)::bigint - $3::bigint`,
      [node.nodeId, node.epoch, this.#lostAfterMs],
    );
    return rowCount === 0 && !(node.nodeId === this.nodeId && node.epoch === this.epoch);
  }

  /** Ends the heartbeats and says so, so that others need not wait. Give claims back before. */
  async stop(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#reasons.clear();
    await this.#beating?.catch(() => {});
    await sql`update nodes set stopped_at_ms = ${NOW_MS} where node_id = ${this.nodeId} and epoch = ${this.epoch}`
      .execute(this.#options.db.kysely)
      .catch((error: unknown) => this.#options.onError?.(error));
  }

  #beat(): Promise<void> {
    this.#beating ??= this.#writeBeat().finally(() => {
      this.#beating = null;
    });
    return this.#beating;
  }

  async #writeBeat(): Promise<void> {
    const startedMs = performance.now();
    await this.#watched(() =>
      sql`update nodes set heartbeat_at_ms = ${NOW_MS} where node_id = ${this.nodeId} and epoch = ${this.epoch}`.execute(
        this.#options.db.kysely,
      ),
    );
    this.#lastBeatMs = startedMs;
    this.#schedule();
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => void this.#tick(), this.#beatEveryMs).unref();
  }

  async #tick(): Promise<void> {
    this.#timer = null;
    if (![...this.#reasons].some((isBusy) => isBusy())) return;
    try {
      await this.#beat();
    } catch (error) {
      this.#options.onError?.(error);
      this.#schedule();
    }
  }

  async #watched<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.#reachableSinceMs = performance.now();
      throw error;
    }
  }
}
