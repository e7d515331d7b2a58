import { createHash, timingSafeEqual } from "node:crypto";
import { sql, type Kysely } from "kysely";
import { newId, notFound, randomBase62, type Page, type PageRequest, type UserPrincipal } from "../../core/index.ts";
import { notifyWithin, selectPage, type Database, type Schema } from "../../db/index.ts";
import { SESSION_IDLE_MS, SESSION_LONGEST_MS, sessionKeyOf } from "../find-credential.ts";
import { PrincipalCache } from "../principal-cache.ts";
import { secretHash } from "../secret-hash.ts";

/** How somebody logged in: with a password, by a one-time link, or at the identity provider. */
export type LoginMethod = "password" | "link" | "oidc";

/** The browser that somebody logs in with. */
export interface Browser {
  ip: string;
  userAgent: string | null;
}

export interface SessionRow extends Omit<Browser, "userAgent"> {
  session_id: string;
  user_id: string;
  method: LoginMethod;
  user_agent: string | null;
  created_at_ms: number;
  last_used_at_ms: number;
  expires_at_ms: number;
}

/** A session that was just opened; the token exists only here and in the browser's cookie. */
export interface NewSession {
  sessionId: string;
  token: string;
}

const TOKEN_LENGTH = 43;
const LONGEST_AGENT = 300;
const COLUMNS = sql`session_id, user_id, method, ip, user_agent, created_at_ms, last_used_at_ms, expires_at_ms`;

/** How long a browser may keep the cookie; whether it still counts is decided here. */
export const SESSION_COOKIE_SECONDS = SESSION_LONGEST_MS / 1000;

/** What a page must send in `x-csrf-token` with the cookie: other sites cannot know it, and it opens nothing by itself. */
export function csrfTokenOf(sessionToken: string): string {
  return createHash("sha256").update(`csrf ${sessionToken}`).digest("base64url");
}

export function isCsrfTokenOf(sessionToken: string, sent: string): boolean {
  const [expected, given] = [csrfTokenOf(sessionToken), sent].map((text) => Buffer.from(secretHash(text)));
  return expected !== undefined && given !== undefined && timingSafeEqual(expected, given);
}

/**
 * Logged-in browsers. The cookie's token is kept as a hash; a session ends two weeks after it was last used, 90 days
 * after the login, or when it is revoked, on every node within moments.
 */
export class Sessions {
  readonly #db: Database;
  readonly #cache: PrincipalCache;

  constructor(options: { db: Database; cache: PrincipalCache }) {
    this.#db = options.db;
    this.#cache = options.cache;
  }

  /** The user whose session it is; null for one that is unknown, expired or revoked. */
  async authenticate(token: string): Promise<UserPrincipal | null> {
    const nowMs = Date.now();
    const found = await this.#cache.find(sessionKeyOf(secretHash(token)), nowMs);
    return found === null || (found.expiresAtMs ?? 0) <= nowMs ? null : found.principal;
  }

  async open(trx: Kysely<Schema>, login: { userId: string; method: LoginMethod; from: Browser }): Promise<NewSession> {
    const { userId, method, from } = login;
    const token = randomBase62(TOKEN_LENGTH);
    const sessionId = newId("session");
    const nowMs = Date.now();
    const row = {
      ...{ session_id: sessionId, user_id: userId, token_hash: secretHash(token), method, ip: from.ip },
      user_agent: from.userAgent?.slice(0, LONGEST_AGENT) ?? null,
      ...{ created_at_ms: nowMs, last_used_at_ms: nowMs, expires_at_ms: nowMs + SESSION_IDLE_MS },
    };
    await trx.insertInto("sessions").values(row).execute();
    return { sessionId, token };
  }

  /** @throws ApiError 404 */
  async find(userId: string, sessionId: string): Promise<SessionRow> {
    const { rows } = await sql<SessionRow>`select ${COLUMNS} from sessions
      where session_id = ${sessionId} and user_id = ${userId}`.execute(this.#db.kysely);
    const [row] = rows;
    if (!row) throw notFound(`Session ${sessionId}`);
    return row;
  }

  /** The sessions of a user that have not ended, newest first. */
  list(userId: string, page: PageRequest): Promise<Page<SessionRow>> {
    return selectPage<SessionRow>(this.#db.kysely, {
      columns: COLUMNS,
      from: sql`sessions`,
      where: sql`user_id = ${userId} and expires_at_ms > ${Date.now()}`,
      id: sql`session_id`,
      sort: sql`created_at_ms`,
      direction: "desc",
      page,
    });
  }

  /** Ends one session of a user. @throws ApiError 404 */
  async revoke(userId: string, sessionId: string): Promise<void> {
    const ended = await this.#db.kysely
      .deleteFrom("sessions")
      .where("session_id", "=", sessionId)
      .where("user_id", "=", userId)
      .returning("token_hash")
      .executeTakeFirst();
    if (!ended) throw notFound(`Session ${sessionId}`);
    const keyHash = sessionKeyOf(ended.token_hash);
    this.#cache.forget({ keyHash });
    await this.#db.notify(PrincipalCache.topic, { keyHash });
  }

  /** Ends all sessions of a user, but perhaps one; within a transaction, after which `forget` must be called. */
  async revokeAll(trx: Kysely<Schema>, userId: string, options: { except?: string } = {}): Promise<void> {
    await trx
      .deleteFrom("sessions")
      .where("user_id", "=", userId)
      .where("session_id", "<>", options.except ?? "")
      .execute();
    await notifyWithin(trx, { topic: PrincipalCache.topic, payload: { userId } });
  }

  /** Ends all sessions of a user, on every node. */
  async endAll(userId: string): Promise<void> {
    await this.#db.transaction((trx) => this.revokeAll(trx, userId));
    this.forget(userId);
  }

  /** Drops what this node remembers of a user; the others are told within the transaction. */
  forget(userId: string): void {
    this.#cache.forget({ userId });
  }

  /** Removes the rows of sessions that have ended. */
  async prune(nowMs: number): Promise<void> {
    await this.#db.kysely.deleteFrom("sessions").where("expires_at_ms", "<", nowMs).execute();
  }
}
