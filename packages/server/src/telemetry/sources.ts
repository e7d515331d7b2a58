import type { RunnerStats } from "@millrace/runner";
import type { QueueReport } from "../queue/index.ts";
import type { WorkCounts } from "./work-counts.ts";

/** Where metrics are read from. */
export interface MetricSources {
  readonly counts: WorkCounts;
  readonly version: string;
  readonly nodeName: string;
  readonly runner: () => RunnerStats;
  /** Connections for general queries. */
  readonly pool: () => { total: number; idle: number; waiting: number };
  /** Room for deliveries on this node. */
  readonly slots: () => { inUse: number; free: number };
  /** @throws when the database is away */
  readonly queue: () => Promise<QueueReport>;
  /** Of the disk that the data directory lies on. */
  readonly disk: () => Promise<{ freeBytes: number; sizeBytes: number }>;
}
