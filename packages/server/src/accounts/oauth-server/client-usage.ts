import type { Database } from "../../db/index.ts";

/** When clients were last used; written now and then, for all of them together. */
export class ClientUsage {
  readonly #db: Database;
  readonly #usedAtMs = new Map<string, number>();

  constructor(db: Database) {
    this.#db = db;
  }

  note(clientId: string, nowMs: number): void {
    this.#usedAtMs.set(clientId, nowMs);
  }

  async flush(): Promise<void> {
    const used = [...this.#usedAtMs];
    this.#usedAtMs.clear();
    if (used.length === 0) return;
    await this.#db.query(
      `update oauth_clients set last_used_at_ms = greatest(coalesce(last_used_at_ms, 0), used.at_ms)
       from unnest($1::text[], $2::bigint[]) as used (id, at_ms) where client_id = used.id`,
      [used.map(([id]) => id), used.map(([, atMs]) => atMs)],
    );
  }
}
