import type pg from "pg";
import type { ClaimedDelivery, EventMetadata } from "./claimed-delivery.ts";

/** A delivery that was just claimed, with its event; null columns of the event: it was deleted. */
export interface ClaimedRow {
  delivery_id: number;
  org_id: string;
  listener_id: string;
  emitter_id: string;
  channel: string;
  event_id: number;
  attempts: number;
  created_at_ms: number;
  in_lane: boolean;
  emit_id: string | null;
  payload: string | null;
  metadata: string | null;
}

const DROP_ORPHANS = "delete from deliveries where delivery_id = any($1::bigint[]) and node_id = $2 and epoch = $3";

/** What was claimed, in order; deliveries whose event was deleted meanwhile are dropped. */
export async function takeClaimedRows(
  client: pg.ClientBase,
  rows: readonly ClaimedRow[],
  node: { nodeId: string; epoch: number },
): Promise<ClaimedDelivery[]> {
  const orphans = rows.filter((row) => row.payload === null).map((row) => row.delivery_id);
  if (orphans.length > 0) await client.query(DROP_ORPHANS, [orphans, node.nodeId, node.epoch]);
  return rows.flatMap((row) => claimedDelivery(row) ?? []);
}

function claimedDelivery(row: ClaimedRow): ClaimedDelivery | null {
  if (row.payload === null || row.emit_id === null) return null;
  return {
    deliveryId: row.delivery_id,
    orgId: row.org_id,
    listenerId: row.listener_id,
    emitterId: row.emitter_id,
    channel: row.channel,
    eventId: row.event_id,
    emitId: row.emit_id,
    payload: row.payload,
    metadata: row.metadata === null ? null : (JSON.parse(row.metadata) as EventMetadata),
    attempts: row.attempts,
    createdAtMs: row.created_at_ms,
    isFirst: false,
    isInLane: row.in_lane,
  };
}
