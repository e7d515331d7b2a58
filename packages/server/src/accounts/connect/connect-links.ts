import type { Selectable } from "kysely";
import { randomBase62 } from "../../core/index.ts";
import type { Database, Schema } from "../../db/index.ts";
import { secretHash } from "../secret-hash.ts";
import { ConnectProblem, PROBLEM_TEXTS } from "./connect-problem.ts";

/** A link under which one account is connected, once. */
export type ConnectLink = Selectable<Schema["connect_links"]>;

const TOKEN_LENGTH = 40;
const KEPT_MS = 24 * 3_600_000;

/** The links that are out. Of their tokens only hashes are kept. */
export class ConnectLinks {
  readonly #db: Database;

  constructor(options: { db: Database }) {
    this.#db = options.db;
  }

  /** @returns the token of the new link */
  async create(link: Omit<ConnectLink, "link_hash" | "used_at_ms">): Promise<string> {
    const token = `cl_${randomBase62(TOKEN_LENGTH)}`;
    await this.#db.kysely
      .insertInto("connect_links")
      .values({ ...link, link_hash: secretHash(token), used_at_ms: null })
      .execute();
    return token;
  }

  /** The link of a token, while it can be used. @throws ConnectProblem */
  async find(token: string, nowMs: number): Promise<ConnectLink> {
    const link = await this.findByHash(secretHash(token));
    if (!link) throw new ConnectProblem("link_unknown", PROBLEM_TEXTS.link_unknown);
    if (link.used_at_ms !== null) throw new ConnectProblem("link_used", PROBLEM_TEXTS.link_used);
    if (link.expires_at_ms <= nowMs) throw new ConnectProblem("link_expired", PROBLEM_TEXTS.link_expired);
    return link;
  }

  findByHash(linkHash: string): Promise<ConnectLink | undefined> {
    return this.#db.kysely.selectFrom("connect_links").selectAll().where("link_hash", "=", linkHash).executeTakeFirst();
  }

  /** Takes the link for one account; of two at once one gets it. @throws ConnectProblem */
  async use(link: ConnectLink): Promise<void> {
    const { rowCount } = await this.#db.query(
      "update connect_links set used_at_ms = $2 where link_hash = $1 and used_at_ms is null",
      [link.link_hash, Date.now()],
    );
    if (rowCount === 0) throw new ConnectProblem("link_used", PROBLEM_TEXTS.link_used);
  }

  /** Gives a link back whose account could not be written down. */
  async giveBack(link: ConnectLink): Promise<void> {
    await this.#db.query("update connect_links set used_at_ms = null where link_hash = $1", [link.link_hash]);
  }

  /** Forgets links and attempts whose time is over. */
  async prune(nowMs: number): Promise<void> {
    await this.#db.query("delete from connect_attempts where expires_at_ms < $1", [nowMs]);
    await this.#db.query("delete from connect_links where expires_at_ms < $1", [nowMs - KEPT_MS]);
  }
}
