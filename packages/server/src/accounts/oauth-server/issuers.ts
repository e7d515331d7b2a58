import { notifyWithin, type Database } from "../../db/index.ts";
import { OAUTH_TOPIC } from "./topic.ts";

// A node that has not been at an address for this long has no valid tokens there any more.
const REMEMBERED_FOR_MS = 24 * 3_600_000;

/**
 * The addresses at which nodes of this instance issue tokens: usually one, but nodes without a common public URL have one
 * each, and after a move tokens of the former address are good until they expire.
 */
export class Issuers {
  readonly #db: Database;
  readonly own: string;
  #known: string[] = [];

  constructor(options: { db: Database; own: string }) {
    this.#db = options.db;
    this.own = options.own;
  }

  /** Says that this node issues at its address. */
  async announce(nowMs: number): Promise<void> {
    await this.#db.transaction(async (trx) => {
      await trx
        .insertInto("oauth_issuers")
        .values({ issuer: this.own, seen_at_ms: nowMs })
        .onConflict((conflict) => conflict.column("issuer").doUpdateSet({ seen_at_ms: nowMs }))
        .execute();
      await notifyWithin(trx, { topic: OAUTH_TOPIC });
    });
  }

  async load(nowMs: number): Promise<void> {
    const rows = await this.#db.kysely
      .selectFrom("oauth_issuers")
      .select("issuer")
      .where("seen_at_ms", ">", nowMs - REMEMBERED_FOR_MS)
      .execute();
    this.#known = rows.map((row) => row.issuer);
  }

  has(issuer: string): boolean {
    return issuer === this.own || this.#known.includes(issuer);
  }

  async prune(nowMs: number): Promise<void> {
    const before = nowMs - REMEMBERED_FOR_MS;
    await this.#db.kysely.deleteFrom("oauth_issuers").where("seen_at_ms", "<=", before).execute();
  }
}
