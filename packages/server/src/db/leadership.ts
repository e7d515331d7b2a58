import type pg from "pg";
import type { Database } from "./database.ts";

export interface LeadershipOptions {
  db: Database;
  /** What is led; the same on all nodes. */
  lockName: string;
  /** Told when this node begins to lead. */
  onGained(): void;
  onError(error: unknown): void;
  retryMs?: number;
  /** How often a leader shows on its connection that it lives. */
  checkEveryMs?: number;
}

const DEFAULT_RETRY_MS = 5_000;
// A leader whose connection broke unnoticed would only do work that the database then refuses.
const CHECK_EVERY_MS = 30_000;
/** So many checks missed, and the leader counts as frozen: its process is stopped, or its machine. */
const CHECKS_MISSED = 1.5;

// Its connection stays open, and the lock with it, for as long as nobody ends them.
const END_FROZEN_LEADER = `
select pg_terminate_backend(pid) from pg_locks join pg_stat_activity using (pid)
where locktype = 'advisory' and granted and objsubid = 1
  and database = (select oid from pg_database where datname = current_database())
  and (classid::bigint << 32) | objid::bigint = hashtextextended($1, 0)
  and state_change < clock_timestamp() - make_interval(secs => $2::float8)`;

/**
 * Makes one node the one that does something, by a session lock: it ends with the connection, so with the node, and is
 * taken from a node that is frozen. Another may lead before the old leader has noticed, so it saves work but guarantees nothing.
 */
export class Leadership {
  readonly #options: LeadershipOptions;
  #client: pg.PoolClient | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isStopped = true;

  constructor(options: LeadershipOptions) {
    this.#options = options;
  }

  get isLeader(): boolean {
    return this.#client !== null;
  }

  get #checkEveryMs(): number {
    return this.#options.checkEveryMs ?? CHECK_EVERY_MS;
  }

  async start(): Promise<void> {
    this.#isStopped = false;
    await this.#attempt();
  }

  stop(): void {
    this.#isStopped = true;
    if (this.#timer) clearTimeout(this.#timer);
    this.#drop();
  }

  async #attempt(): Promise<void> {
    try {
      if (this.#client) await this.#client.query("select 1");
      else if (await this.#acquire()) this.#options.onGained();
    } catch (error) {
      this.#drop();
      this.#options.onError(error);
    }
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isStopped) return;
    const delayMs = this.#client ? this.#checkEveryMs : (this.#options.retryMs ?? DEFAULT_RETRY_MS);
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#attempt(), delayMs);
    this.#timer.unref();
  }

  async #acquire(): Promise<boolean> {
    const client = await this.#options.db.pool.connect();
    try {
      const { rows } = await client.query<{ ok: boolean }>(
        "select pg_try_advisory_lock(hashtextextended($1, 0)) as ok",
        [this.#options.lockName],
      );
      if (rows[0]?.ok && !this.#isStopped) {
        this.#client = client;
        client.once("error", () => this.#lose(client));
        client.once("end", () => this.#lose(client));
        return true;
      }
      if (!rows[0]?.ok) {
        await client.query(END_FROZEN_LEADER, [this.#options.lockName, (this.#checkEveryMs * CHECKS_MISSED) / 1000]);
      }
    } catch (error) {
      client.release(true);
      throw error;
    }
    // Ending the connection ends the lock, should it have been granted just as we stopped.
    client.release(this.#isStopped);
    return false;
  }

  #lose(client: pg.PoolClient): void {
    if (this.#client !== client) return;
    this.#drop();
    this.#schedule();
  }

  #drop(): void {
    this.#client?.release(true);
    this.#client = null;
  }
}
