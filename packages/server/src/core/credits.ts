/** Topic on which nodes are told that a workspace's quota, or whether it is used up, has changed. */
export const QUOTAS_TOPIC = "quotas";

const CREDIT_MS = 30_000;
const CREDIT_MEMORY_MB = 256;
const DAY_MS = 24 * 3_600_000;

/** Credits for one piece of compute: one for each 30 seconds begun, times the memory in units of 256 MB, and at least one. */
export function creditsOf({ computeMs, memoryMb }: { computeMs: number; memoryMb: number }): number {
  const spans = Math.max(1, Math.ceil(computeMs / CREDIT_MS));
  return Math.ceil(spans * Math.max(1, memoryMb / CREDIT_MEMORY_MB));
}

/** The UTC day that usage counts for, as `YYYY-MM-DD`. */
export function usageDay(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

/** The first moment of the next UTC day. */
export function nextDayMs(nowMs: number): number {
  return (Math.floor(nowMs / DAY_MS) + 1) * DAY_MS;
}

/** The billing period: the calendar month in UTC; `endMs` is the first moment of the next. */
export function billingPeriod(nowMs: number): { startMs: number; endMs: number } {
  const now = new Date(nowMs);
  const monthStart = (offset: number): number => Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + offset);
  return { startMs: monthStart(0), endMs: monthStart(1) };
}
