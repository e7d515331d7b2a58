import type { Database, Hint } from "../db/index.ts";
import { findCredential, type KnownCredential } from "./find-credential.ts";

interface CacheEntry {
  known: KnownCredential;
  loadedAtMs: number;
}

const CACHED_KEYS = 10_000;
// Hints make revocation immediate; this bounds it also while a node's listening connection is away.
const FRESH_FOR_MS = 5_000;

/**
 * Callers by the hash of their key or of their session's token, as this node last read them; other nodes' changes arrive
 * as hints.
 */
export class PrincipalCache {
  static readonly topic = "principals";
  readonly #db: Database;
  readonly #entries = new Map<string, CacheEntry>();
  readonly #loading = new Map<string, Promise<KnownCredential | null>>();
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
  async find(keyHash: string, nowMs: number): Promise<KnownCredential | null> {
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

  async #load(keyHash: string, nowMs: number): Promise<KnownCredential | null> {
    const generation = this.#generation;
    const known = await findCredential(this.#db, keyHash);
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

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
