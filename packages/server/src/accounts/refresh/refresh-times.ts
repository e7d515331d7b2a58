/** Within so long of their end tokens count as expired for whoever is about to use them. */
const USE_MARGIN_MS = 60_000;
const LONGEST_LEAD_MS = 600_000;
const FIRST_RETRY_MS = 10_000;
const LONGEST_RETRY_MS = 3_600_000;

export interface TokenTimes {
  expiresAtMs: number | null;
  refreshedAtMs: number;
}

/** When to refresh ahead of expiry: a quarter of the lifetime before it, ten minutes at most; `spread` (0..1) keeps accounts apart. */
export function nextRefreshAtMs({ expiresAtMs, refreshedAtMs }: TokenTimes, spread: number): number | null {
  if (expiresAtMs === null) return null;
  const leadMs = Math.min(LONGEST_LEAD_MS, (expiresAtMs - refreshedAtMs) / 4);
  return Math.round(expiresAtMs - leadMs * (1 + 0.2 * spread));
}

/** True when a token is too close to its end to be handed out. */
export function isStale(times: { expiresAtMs: number | null; refreshedAtMs: number | null }, nowMs: number): boolean {
  const { expiresAtMs, refreshedAtMs } = times;
  if (expiresAtMs === null) return false;
  const halfLifeMs = refreshedAtMs === null ? USE_MARGIN_MS : (expiresAtMs - refreshedAtMs) / 2;
  return expiresAtMs - nowMs <= Math.min(USE_MARGIN_MS, halfLifeMs);
}

/** How long to wait after so many failures in a row. */
export function retryDelayMs(failures: number): number {
  return Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.max(0, failures - 1));
}
