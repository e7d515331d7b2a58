/** When failed work is tried again. */
export interface RetryPolicy {
  /** Wait before the 2nd, 3rd, … attempt; after the last one the work is dead. */
  readonly delaysMs: readonly number[];
  /** 0.1 spreads each wait over ±10 %. */
  readonly jitterRatio: number;
}

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const MAX_RETRY_AFTER_MS = 24 * HOUR_MS;

/** 5 s, 30 s, 2 min, 10 min, 30 min, 2 h, 6 h, 12 h, each ±10 %. */
export const DEFAULT_RETRY_POLICY: RetryPolicy = {
  delaysMs: [
    5 * SECOND_MS,
    30 * SECOND_MS,
    2 * MINUTE_MS,
    10 * MINUTE_MS,
    30 * MINUTE_MS,
    2 * HOUR_MS,
    6 * HOUR_MS,
    12 * HOUR_MS,
  ],
  jitterRatio: 0.1,
};

export interface FailedAttempt {
  policy: RetryPolicy;
  /** Attempts that have ended, this one included: 1 after the first failure. */
  attempts: number;
  nowMs: number;
  /** From 0 (inclusive) to 1 (exclusive). */
  random: number;
  /** What the receiver asked for; the wait is never shorter than that, up to a day. */
  retryAfterMs?: number | undefined;
}

/** Epoch ms of the next attempt; null when there is none left. */
export function nextAttemptAtMs(failed: FailedAttempt): number | null {
  const delayMs = failed.policy.delaysMs[failed.attempts - 1];
  if (delayMs === undefined) return null;
  const jitter = 1 + failed.policy.jitterRatio * (failed.random * 2 - 1);
  const asked = Math.min(failed.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS);
  return failed.nowMs + Math.round(Math.max(delayMs * jitter, asked));
}

/**
 * Milliseconds to wait by a `Retry-After` header: delta seconds or an HTTP date.
 * @returns null when the header says neither; 0 when its date has passed
 */
export function parseRetryAfterMs(header: string | undefined, nowMs: number): number | null {
  const text = header?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text) * SECOND_MS;
  if (!/^[A-Za-z]{3,9},? /.test(text)) return null;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs);
}
