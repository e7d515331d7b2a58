import { sql } from "kysely";
import {
  ApiError,
  invalidInput,
  newId,
  notFound,
  randomBase62,
  type Page,
  type PageRequest,
  type UserPrincipal,
} from "../core/index.ts";
import { notifyWithin, selectPage, type Database } from "../db/index.ts";
import { exceeds, isLimited, limitsOf } from "./key-limits.ts";
import { PrincipalCache } from "./principal-cache.ts";
import { secretHash } from "./secret-hash.ts";

export type ApiKeyScope = "read" | "write";

/** A key as lists show it: never the key itself. */
export interface ApiKeyRow {
  api_key_id: string;
  user_id: string;
  org_id: string | null;
  name: string;
  key_hint: string;
  scopes: string[];
  created_at_ms: number;
  expires_at_ms: number | null;
  last_used_at_ms: number | null;
}

export interface NewApiKey {
  userId: string;
  /** Null: the key reaches all of the user's workspaces. */
  orgId: string | null;
  name: string;
  /** Empty: everything that the user may do. `read` alone: nothing is changed with it. */
  scopes?: readonly ApiKeyScope[];
  expiresAtMs?: number | null;
}

/** Whose keys: a workspace's, as one of its members sees them. */
export interface ApiKeyListScope {
  orgId: string;
  userId: string;
}

function listed(scope: ApiKeyListScope) {
  return sql`(org_id = ${scope.orgId} or (org_id is null and user_id = ${scope.userId}))`;
}

export interface ApiKeysOptions {
  db: Database;
  /** One that sessions share; its own when absent. */
  cache?: PrincipalCache;
  onError(error: unknown): void;
}

const KEY_PREFIX = "mr_";
const KEY_LENGTH = 40;
const HINT_LENGTH = 4;
const FLUSH_EVERY_MS = 60_000;
const COLUMNS = sql`api_key_id, user_id, org_id, name, key_hint, scopes, created_at_ms, expires_at_ms, last_used_at_ms`;

/** Makes a key's text and the row to keep of it. The text exists only here. */
export function mintApiKey(wanted: NewApiKey) {
  const key = KEY_PREFIX + randomBase62(KEY_LENGTH);
  const row = {
    api_key_id: newId("apiKey"),
    user_id: wanted.userId,
    org_id: wanted.orgId,
    name: wanted.name,
    key_hash: secretHash(key),
    key_hint: key.slice(-HINT_LENGTH),
    scopes: [...(wanted.scopes ?? [])],
    created_at_ms: Date.now(),
    expires_at_ms: wanted.expiresAtMs ?? null,
    last_used_at_ms: null,
  };
  return { key, row };
}

/**
 * User API keys: hashed at rest, looked up through a cache that every node drops within moments of a revocation. When a
 * key was last used is written at most once a minute, for all keys together.
 */
export class ApiKeys {
  readonly #db: Database;
  readonly #onError: (error: unknown) => void;
  readonly #cache: PrincipalCache;
  readonly #used = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ApiKeysOptions) {
    this.#db = options.db;
    this.#onError = options.onError;
    this.#cache = options.cache ?? new PrincipalCache(options.db);
  }

  start(): void {
    this.#cache.start();
    this.#timer ??= setInterval(() => void this.tick().catch(this.#onError), FLUSH_EVERY_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#cache.stop();
    await this.tick().catch(this.#onError);
  }

  /** One round: writes when keys were last used. */
  async tick(): Promise<void> {
    const used = [...this.#used];
    this.#used.clear();
    if (used.length === 0) return;
    const ids = used.map(([id]) => id);
    const times = used.map(([, atMs]) => atMs);
    await this.#db.query(
      `update api_keys set last_used_at_ms = greatest(coalesce(last_used_at_ms, 0), used.at_ms)
       from unnest($1::text[], $2::bigint[]) as used (id, at_ms) where api_key_id = used.id`,
      [ids, times],
    );
  }

  /** The user whose key it is; null for a key that is unknown, expired or revoked. */
  async authenticate(key: string): Promise<UserPrincipal | null> {
    if (!key.startsWith(KEY_PREFIX)) return null;
    const nowMs = Date.now();
    const found = await this.#cache.find(secretHash(key), nowMs);
    if (found === null || (found.expiresAtMs !== null && found.expiresAtMs <= nowMs)) return null;
    this.#used.set(found.principal.credential.id, nowMs);
    return found.principal;
  }

  /**
   * Makes a key in the name of its user; its text is in this reply only.
   * @throws ApiError 400 when it has expired already, 403 when it can more, or longer, than the key it is made with
   */
  async createBy(maker: UserPrincipal, wanted: Omit<NewApiKey, "userId">): Promise<{ key: string; row: ApiKeyRow }> {
    const { scopes = [], expiresAtMs = null } = wanted;
    if (expiresAtMs !== null && expiresAtMs <= Date.now()) {
      throw invalidInput([{ path: "expires_at", message: "must be in the future" }]);
    }
    if (exceeds({ scopes, expiresAtMs }, await limitsOf(this.#db, maker.credential))) {
      throw new ApiError("forbidden", "This key may not make one with more scopes, or a later end, than its own");
    }
    return this.create({ ...wanted, userId: maker.userId });
  }

  /**
   * For what would outlive a key, or do more than it: a limited key may not make it.
   * @throws ApiError 403
   */
  async assertUnlimited(maker: UserPrincipal): Promise<void> {
    if (!isLimited(await limitsOf(this.#db, maker.credential))) return;
    throw new ApiError("forbidden", "This needs a login, or an API key without scopes and without an end");
  }

  /** Makes a key; its text is in this reply only. */
  async create(wanted: NewApiKey): Promise<{ key: string; row: ApiKeyRow }> {
    const { key, row } = mintApiKey(wanted);
    await this.#db.kysely.insertInto("api_keys").values(row).execute();
    return { key, row };
  }

  /** The keys made for a workspace, and the caller's own that reach all of its workspaces; newest first. */
  list(scope: ApiKeyListScope, page: PageRequest): Promise<Page<ApiKeyRow>> {
    return selectPage<ApiKeyRow>(this.#db.kysely, {
      columns: COLUMNS,
      from: sql`api_keys`,
      where: sql`revoked_at_ms is null and ${listed(scope)}`,
      id: sql`api_key_id`,
      sort: sql`created_at_ms`,
      direction: "desc",
      page,
    });
  }

  /** Revokes one of the keys that `list` shows, on every node. @throws ApiError 404 */
  async revoke(scope: ApiKeyListScope, apiKeyId: string): Promise<void> {
    const keyHash = await this.#db.transaction(async (trx) => {
      const { rows } = await sql<{ key_hash: string }>`update api_keys set revoked_at_ms = ${Date.now()}
        where api_key_id = ${apiKeyId} and revoked_at_ms is null and ${listed(scope)}
        returning key_hash`.execute(trx);
      const hash = rows[0]?.key_hash;
      if (hash === undefined) throw notFound(`API key ${apiKeyId}`);
      await notifyWithin(trx, { topic: PrincipalCache.topic, payload: { keyHash: hash } });
      return hash;
    });
    this.#cache.forget({ keyHash });
  }

  /** Call after a user's memberships have changed, within the change's transaction or after it. */
  async membershipsChanged(userId: string): Promise<void> {
    this.#cache.forget({ userId });
    await this.#db.notify(PrincipalCache.topic, { userId });
  }
}
