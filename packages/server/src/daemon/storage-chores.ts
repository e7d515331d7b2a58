import { dropExpiredPartitions, ensurePartitions, type Database } from "../db/index.ts";
import type { Chore } from "./housekeeping.ts";

const DAY_MS = 24 * 3_600_000;

/** Makes the partitions of the coming weeks and drops those past the retention. */
export function storageChores(options: { db: Database; retentionMs: number }): Chore[] {
  const { db, retentionMs } = options;
  return [
    { name: "partitions", everyMs: DAY_MS, run: (nowMs) => ensurePartitions(db, nowMs) },
    { name: "retention", everyMs: DAY_MS, run: (nowMs) => dropExpiredPartitions(db, { nowMs, retentionMs }) },
  ];
}
