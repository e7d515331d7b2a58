import { fullBucket, takeToken, type TokenBucket } from "../../core/index.ts";

const MAX_BUCKETS = 10_000;

/** Limits how many requests per second each endpoint takes on this node. */
export class RateLimiter {
  readonly #perSecond: number;
  readonly #buckets = new Map<string, TokenBucket>();

  /** @param perSecond 0 = no limit */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** Milliseconds that this request comes too early; 0 lets it in. */
  take(key: string, nowMs: number): number {
    if (this.#perSecond <= 0) return 0;
    const bucket = this.#buckets.get(key) ?? this.#add(key, nowMs);
    return takeToken(bucket, { perSecond: this.#perSecond, nowMs });
  }

  #add(key: string, nowMs: number): TokenBucket {
    // Whoever has been silent for a second has a full bucket anyhow.
    if (this.#buckets.size >= MAX_BUCKETS) {
      for (const [other, bucket] of this.#buckets) {
        if (nowMs - bucket.filledAtMs >= 1_000) this.#buckets.delete(other);
      }
    }
    const bucket = fullBucket(this.#perSecond, nowMs);
    this.#buckets.set(key, bucket);
    return bucket;
  }
}
