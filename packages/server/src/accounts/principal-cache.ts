import type { Role } from "@millrace/contract";
import type { UserPrincipal } from "../core/index.ts";
import type { Database, Hint } from "../db/index.ts";

/** What a key's hash leads to. */
export interface KnownKey {
  principal: UserPrincipal;
  expiresAtMs: number | null;
}

interface CacheEntry {
  known: KnownKey;
  loadedAtMs: number;
}

interface KeyRow {
  api_key_id: string;
  user_id: string;
  key_org_id: string | null;
  scopes: string[];
  expires_at_ms: number | null;
  member_org_id: string | null;
  role: Role | null;
}

const CACHED_KEYS = 10_000;
// Hints make revocation immediate; this bounds it also while a node's listening connection is away.
const FRESH_FOR_MS = 5_000;

const FIND_KEY = `
  select k.api_key_id, k.user_id, k.org_id as key_org_id, k.scopes, k.expires_at_ms, m.org_id as member_org_id, m.role
  from api_keys k
  left join memberships m on m.user_id = k.user_id and (k.org_id is null or m.org_id = k.org_id)
  where k.key_hash = $1 and k.revoked_at_ms is null
  order by m.created_at_ms, m.org_id`;

/** Keys by hash, as this node last read them; other nodes' changes arrive as hints. */
export class PrincipalCache {
  static readonly topic = "principals";
  readonly #db: Database;
  readonly #entries = new Map<string, CacheEntry>();
  readonly #loading = new Map<string, Promise<KnownKey | null>>();
  /** Moves with every invalidation: what was read before one must not be kept after it. */
  #generation = 0;
  #unlisten: (() => void) | undefined;

  constructor(db: Database) {
    this.#db = db;
  }

  start(): void {
    this.#unlisten ??= this.#db.listen(PrincipalCache.topic, (hint) => this.#hear(hint));
  }

  stop(): void {
    this.#unlisten?.();
    this.#unlisten = undefined;
    this.#entries.clear();
  }

  /** Null for a hash that is unknown or revoked. */
  async find(keyHash: string, nowMs: number): Promise<KnownKey | null> {
    const entry = this.#entries.get(keyHash);
    if (entry && nowMs - entry.loadedAtMs < FRESH_FOR_MS) return entry.known;
    const running = this.#loading.get(keyHash);
    if (running) return running;
    const loading = this.#load(keyHash, nowMs).finally(() => this.#loading.delete(keyHash));
    this.#loading.set(keyHash, loading);
    return loading;
  }

  /** Drops one key, all keys of a user, or everything. */
  forget(what: { keyHash: string } | { userId: string } | null): void {
    this.#generation += 1;
    this.#loading.clear();
    if (what === null) this.#entries.clear();
    else if ("keyHash" in what) this.#entries.delete(what.keyHash);
    else {
      for (const [hash, entry] of this.#entries) {
        if (entry.known.principal.userId === what.userId) this.#entries.delete(hash);
      }
    }
  }

  #hear(hint: Hint): void {
    const payload = hint.type === "message" ? hint.payload : null;
    if (isRecord(payload) && typeof payload["keyHash"] === "string") this.forget({ keyHash: payload["keyHash"] });
    else if (isRecord(payload) && typeof payload["userId"] === "string") this.forget({ userId: payload["userId"] });
    else this.forget(null);
  }

  async #load(keyHash: string, nowMs: number): Promise<KnownKey | null> {
    const generation = this.#generation;
    const { rows } = await this.#db.query<KeyRow>(FIND_KEY, [keyHash]);
    const known = knownKeyOf(rows);
    if (known === null || generation !== this.#generation) {
      this.#entries.delete(keyHash);
      return known;
    }
    const [oldest] = this.#entries.keys();
    if (this.#entries.size >= CACHED_KEYS && oldest !== undefined) this.#entries.delete(oldest);
    this.#entries.set(keyHash, { known, loadedAtMs: nowMs });
    return known;
  }
}

function knownKeyOf(rows: readonly KeyRow[]): KnownKey | null {
  const [first] = rows;
  if (!first) return null;
  const roles = new Map<string, Role>();
  for (const row of rows) {
    if (row.member_org_id !== null && row.role !== null) roles.set(row.member_org_id, row.role);
  }
  const principal: UserPrincipal = {
    kind: "user",
    userId: first.user_id,
    credential: { kind: "api_key", id: first.api_key_id },
    keyOrgId: first.key_org_id,
    readOnly: first.scopes.length > 0 && !first.scopes.includes("write"),
    orgIds: [...roles.keys()],
    roles,
  };
  return { principal, expiresAtMs: first.expires_at_ms };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
