/** A token bucket: `perSecond` tokens flow in, and one second's worth may be saved up. */
export interface TokenBucket {
  tokens: number;
  filledAtMs: number;
}

/** A bucket that nobody has drawn from yet. */
export function fullBucket(perSecond: number, nowMs: number): TokenBucket {
  return { tokens: Math.max(1, perSecond), filledAtMs: nowMs };
}

/**
 * Takes one token out of the bucket, which it changes.
 * @returns 0 when there was one, else the milliseconds until there will be one
 */
export function takeToken(bucket: TokenBucket, { perSecond, nowMs }: { perSecond: number; nowMs: number }): number {
  const elapsedMs = Math.max(0, nowMs - bucket.filledAtMs);
  bucket.tokens = Math.min(Math.max(1, perSecond), bucket.tokens + (elapsedMs * perSecond) / 1000);
  bucket.filledAtMs = nowMs;
  if (bucket.tokens >= 1) {
    bucket.tokens -= 1;
    return 0;
  }
  return Math.ceil(((1 - bucket.tokens) * 1000) / perSecond);
}
