import { statfs } from "node:fs/promises";
import type { MetricsPage, SystemReporter } from "../api/index.ts";
import { instanceInfo, listNodes, type NodeRow } from "../db/index.ts";
import { reportQueue } from "../queue/index.ts";
import { Metrics } from "../telemetry/index.ts";
import type { MailWork } from "./mail-work.ts";
import type { Base, Parts } from "./parts.ts";

type SystemReport = Awaited<ReturnType<SystemReporter["report"]>>;

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

/** What the operator is told of the instance; reads nothing until somebody asks. */
export function systemOf(
  base: Base,
  parts: Parts & { mail: Pick<MailWork, "check"> },
  version: string,
): SystemReporter {
  const { config, db } = base;
  return {
    async report() {
      const [nodes, queue, database, disk] = await Promise.all([
        listNodes(db),
        reportQueue(db),
        instanceInfo(db),
        diskOf(config.dataDir),
      ]);
      const { oldestWaitMs } = queue;
      return {
        version,
        uptime_seconds: Math.floor(process.uptime()),
        nodes: nodes.map((row) => nodeView(row, parts.node.nodeId)),
        queue: {
          ...{ due: queue.due, later: queue.later, in_lanes: queue.inLanes, in_work: queue.inWork },
          oldest_wait_seconds: oldestWaitMs === null ? null : oldestWaitMs / 1_000,
        },
        disk: { free_bytes: disk.freeBytes, size_bytes: disk.sizeBytes },
        database: {
          kind: config.databaseUrl === null ? "embedded" : "external",
          ...{ version: database.version, size_bytes: database.sizeBytes },
        },
        ...ownState(base, parts),
      };
    },
  };
}

/** What the answering node knows without asking anybody. */
function ownState(
  { config }: Base,
  { code, events, registry, mail }: Parts & { mail: Pick<MailWork, "check"> },
): Pick<SystemReport, "sandbox" | "slots" | "search" | "mail"> {
  const { runner } = code;
  const { tier, reasons } = runner.tier;
  const { processes, stuck, inFlight } = runner.stats();
  const { slots } = events.work.dispatcher;
  const { smtpUrl } = config.mail;
  return {
    sandbox: { tier, reasons: [...reasons], processes, stuck, running: inFlight },
    slots: { in_use: slots.inUse, free: Math.max(0, slots.free) },
    search: { model: registry.componentSearch.model },
    // The address may hold a password.
    mail: { inbound: mail.check().detail ?? "", outlet: smtpUrl === null ? null : new URL(smtpUrl).hostname },
  };
}

function nodeView(row: NodeRow, answeringId: string): SystemReport["nodes"][number] {
  const info = JSON.parse(row.info) as { version?: string; sandbox_tier?: "A" | "B" | "C" };
  return {
    name: row.node_id,
    roles: row.roles,
    version: info.version ?? null,
    sandbox_tier: info.sandbox_tier ?? null,
    started_at: Math.floor(row.started_at_ms / 1_000),
    seen_at: Math.floor(row.heartbeat_at_ms / 1_000),
    connected: row.connected,
    answering: row.node_id === answeringId,
  };
}

/** The disk that a folder lies on: what this process may still use, and all of it. */
async function diskOf(dir: string): Promise<{ freeBytes: number; sizeBytes: number }> {
  const { bavail, blocks, bsize } = await statfs(dir);
  return { freeBytes: bavail * bsize, sizeBytes: blocks * bsize };
}
