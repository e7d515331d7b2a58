import { statfs } from "node:fs/promises";
import type { MetricsPage } from "../api/index.ts";
import { reportQueue } from "../queue/index.ts";
import { Metrics } from "../telemetry/index.ts";
import type { Base, Parts } from "./parts.ts";

/** The node's metrics; reads nothing until somebody asks. */
export function metricsOf({ counts, db, config }: Base, { code, events, node }: Parts, version: string): MetricsPage {
  const { slots } = events.work.dispatcher;
  const { pool } = db;
  const metrics = new Metrics({
    ...{ counts, version, nodeName: node.nodeId },
    runner: () => code.runner.stats(),
    pool: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    slots: () => ({ inUse: slots.inUse, free: slots.free }),
    queue: () => reportQueue(db),
    disk: () => diskOf(config.dataDir),
  });
  return {
    token: config.observe.metricsToken,
    contentType: metrics.contentType,
    render: () => metrics.render(),
  };
}

/** The disk that a folder lies on: what this process may still use, and all of it. */
async function diskOf(dir: string): Promise<{ freeBytes: number; sizeBytes: number }> {
  const { bavail, blocks, bsize } = await statfs(dir);
  return { freeBytes: bavail * bsize, sizeBytes: blocks * bsize };
}
