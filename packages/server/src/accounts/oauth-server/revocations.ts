import { notifyWithin, type Database } from "../../db/index.ts";
import { OAUTH_TOPIC } from "./topic.ts";

/** A token that must not be accepted although its signature is right. */
export interface Revocation {
  tokenId: string;
  expiresAtMs: number;
}

/** Tokens that were revoked before they expired: in the database for all nodes, in memory for each check. */
export class Revocations {
  readonly #db: Database;
  readonly #revoked = new Map<string, number>();

  constructor(db: Database) {
    this.#db = db;
  }

  /** Adds what other nodes revoked, and forgets what has expired anyhow. */
  async load(nowMs: number): Promise<void> {
    const { rows } = await this.#db.query<{ token_id: string; expires_at_ms: number }>(
      "select token_id, expires_at_ms from oauth_revoked_tokens where expires_at_ms > $1",
      [nowMs],
    );
    for (const row of rows) this.#revoked.set(row.token_id, row.expires_at_ms);
    for (const [tokenId, expiresAtMs] of this.#revoked) if (expiresAtMs <= nowMs) this.#revoked.delete(tokenId);
  }

  has(tokenId: string): boolean {
    return this.#revoked.has(tokenId);
  }

  /** Keeps a revocation for good and tells all nodes. */
  async add(revocation: Revocation): Promise<void> {
    const { tokenId, expiresAtMs } = revocation;
    await this.#db.transaction(async (trx) => {
      await trx
        .insertInto("oauth_revoked_tokens")
        .values({ token_id: tokenId, expires_at_ms: expiresAtMs })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      await notifyWithin(trx, { topic: OAUTH_TOPIC, payload: { revoked: revocation } });
    });
    this.#revoked.set(tokenId, expiresAtMs);
  }

  /** Takes over another node's revocation; false when the hint says something else. */
  hear(payload: unknown): boolean {
    const said = typeof payload === "object" && payload !== null && "revoked" in payload ? payload.revoked : null;
    if (typeof said !== "object" || said === null || !("tokenId" in said) || !("expiresAtMs" in said)) return false;
    this.#revoked.set(String(said.tokenId), Number(said.expiresAtMs));
    return true;
  }

  /** Drops what has expired from the database. */
  async prune(nowMs: number): Promise<void> {
    await this.#db.kysely.deleteFrom("oauth_revoked_tokens").where("expires_at_ms", "<=", nowMs).execute();
  }
}
