import { randomUUID } from "node:crypto";
import { ApiError } from "../core/index.ts";
import type { Database } from "../db/index.ts";
import type { Vault } from "./vault.ts";

/** A request that carries an `Idempotency-Key`. */
export interface IdempotentRequest {
  /** Keys of different callers never meet. */
  owner: string;
  key: string;
  /** The same for the same operation with the same input. */
  requestHash: string;
}

export interface IdempotentAnswer {
  status: number;
  body: unknown;
  /** It was given before, and nothing was done now. */
  isReplay?: boolean;
}

interface StoredAnswer {
  request_hash: string;
  response_status: number | null;
  response_body: string | null;
}

const KEPT_MS = 24 * 60 * 60 * 1000;
const LEASE_MS = 10_000;
const RENEW_EVERY_MS = 3_000;
const PRUNE_EVERY_MS = 60 * 60 * 1000;

// The database's clock decides, so that nodes with different clocks agree. A claim takes a key that is new, a day old, or
// was held by a node that died over the same request.
const NOW = "(extract(epoch from clock_timestamp()) * 1000)::bigint";
const CLAIM = `
  insert into idempotency_keys as k (owner, idempotency_key, request_hash, lease_id, lease_until_ms, created_at_ms)
  values ($1, $2, $3, $4, ${NOW} + ${LEASE_MS}, ${NOW})
  on conflict (owner, idempotency_key) do update
    set request_hash = excluded.request_hash, lease_id = excluded.lease_id, lease_until_ms = excluded.lease_until_ms,
        created_at_ms = excluded.created_at_ms, response_status = null, response_body = null
    where k.created_at_ms < ${NOW} - ${KEPT_MS}
       or (k.response_status is null and k.lease_until_ms < ${NOW} and k.request_hash = excluded.request_hash)
  returning 1`;
const FIND = `select request_hash, response_status, response_body from idempotency_keys
  where owner = $1 and idempotency_key = $2`;
const RENEW = `update idempotency_keys set lease_until_ms = ${NOW} + ${LEASE_MS}
  where owner = $1 and idempotency_key = $2 and lease_id = $3`;
const KEEP = `update idempotency_keys set response_status = $4, response_body = $5
  where owner = $1 and idempotency_key = $2 and lease_id = $3`;
const FREE = `delete from idempotency_keys where owner = $1 and idempotency_key = $2 and lease_id = $3`;

/**
 * Answers of requests with an `Idempotency-Key`, kept for a day over all nodes and sealed, because some hold secrets that
 * are shown once. Only successes are kept: a request that failed may be sent again with the same key. While the first is
 * being worked on, others get 409 with Retry-After; when its node dies, the key is free after ten seconds.
 */
export class IdempotencyStore {
  readonly #db: Database;
  readonly #box: { seal(text: string): string; open(sealed: string): string };
  readonly #onError: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: { db: Database; vault: Vault; onError(error: unknown): void }) {
    this.#db = options.db;
    this.#box = options.vault.instanceBox("idempotent answers v1");
    this.#onError = options.onError;
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.tick().catch(this.#onError), PRUNE_EVERY_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** One round: forgets what is older than a day. */
  async tick(): Promise<void> {
    await this.#db.query(`delete from idempotency_keys where created_at_ms < ${NOW} - ${KEPT_MS}`);
  }

  /**
   * Runs `work` once per key.
   * @throws ApiError 409 for the key with another request, or while the first is in progress
   */
  async once(request: IdempotentRequest, work: () => Promise<IdempotentAnswer>): Promise<IdempotentAnswer> {
    const leaseId = randomUUID();
    const row = [request.owner, request.key];
    const claimed = await this.#db.query(CLAIM, [...row, request.requestHash, leaseId]);
    if (claimed.rowCount === 0) return this.#earlierAnswer(request);
    const lease = [...row, leaseId];
    const renewal = setInterval(() => void this.#db.query(RENEW, lease).catch(this.#onError), RENEW_EVERY_MS);
    try {
      const answer = await work();
      const sealed = this.#box.seal(JSON.stringify(answer.body ?? null));
      await this.#db.query(KEEP, [...lease, answer.status, sealed]).catch(this.#onError);
      return answer;
    } catch (error) {
      await this.#db.query(FREE, lease).catch(this.#onError);
      throw error;
    } finally {
      clearInterval(renewal);
    }
  }

  async #earlierAnswer(request: IdempotentRequest): Promise<IdempotentAnswer> {
    const { rows } = await this.#db.query<StoredAnswer>(FIND, [request.owner, request.key]);
    const stored = rows[0];
    if (stored && stored.request_hash !== request.requestHash) {
      throw new ApiError("idempotency_conflict", "This Idempotency-Key was used with another request");
    }
    if (!stored || stored.response_status === null || stored.response_body === null) {
      const options = { retryAfterSeconds: 1 };
      throw new ApiError("idempotency_conflict", "The first request with this Idempotency-Key is in progress", options);
    }
    const body: unknown = JSON.parse(this.#box.open(stored.response_body));
    return { status: stored.response_status, body, isReplay: true };
  }
}
