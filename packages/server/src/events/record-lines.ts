import { usageDay } from "../core/index.ts";
import type { CommitUnit, SourceRunRecord, WebhookDeliveryRecord } from "./commit-unit.ts";
import { cell } from "./unit-lines.ts";
import type { UnitRows } from "./write-units.ts";

const orNull = (text: string | null): string | null => text && cell(text);

/** Adds what a unit records besides its events. */
export function addRecords(rows: UnitRows, unit: CommitUnit, at: { key: number | null; ordinal: number }): void {
  if (unit.sourceRun) rows.sourceRuns.add(sourceRunCells(unit.sourceRun, at.key));
  if (unit.webhookDelivery) rows.webhookDeliveries.add(webhookDeliveryCells(unit.webhookDelivery, at.key));
  if (unit.usage) {
    const { orgId, endedAtMs, credits, computeMs, kind } = unit.usage;
    rows.usage.add([at.key, orgId, usageDay(endedAtMs), credits, Math.round(computeMs), kind]);
  }
  if (!unit.dbWrites) return;
  const { orgId, sourceId, writes } = unit.dbWrites;
  for (const [key, value] of Object.entries(writes)) {
    rows.dbWrites.add([at.key, at.ordinal, orgId, sourceId, cell(key), orNull(value)]);
  }
}

function sourceRunCells(run: SourceRunRecord, key: number | null): (string | number | null)[] {
  return [
    key,
    run.orgId,
    run.sourceId,
    run.runId,
    run.startedAtMs,
    run.endedAtMs,
    run.deploymentId,
    run.cause,
    run.status,
    run.attempt,
    run.trigger && run.trigger.emitterId,
    run.trigger && cell(run.trigger.channel),
    run.trigger && run.trigger.eventId,
    run.emitCount,
    orNull(run.logs),
    orNull(run.error),
  ];
}

function webhookDeliveryCells(record: WebhookDeliveryRecord, key: number | null): (string | number | null)[] {
  return [
    key,
    record.orgId,
    record.webhookId,
    record.webhookDeliveryId,
    record.emitterId,
    cell(record.channel),
    record.eventId,
    record.status,
    record.attempts,
    record.responseStatus,
    orNull(record.error),
    record.startedAtMs,
    record.endedAtMs,
  ];
}
