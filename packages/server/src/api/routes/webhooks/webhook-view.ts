import { formatEventId } from "../../../core/index.ts";
import type { WebhookLogRow, WebhookRow } from "../../../delivery/index.ts";

/** A webhook as replies show it: without its signing key. */
export function webhookOf(row: WebhookRow) {
  return {
    id: row.webhook_id,
    user_id: row.user_id,
    name: row.name,
    description: row.description,
    url: row.url,
    active: row.active,
    created_at: Math.floor(row.created_at_ms / 1000),
    updated_at: Math.floor(row.updated_at_ms / 1000),
  };
}

export function webhookDeliveryOf(row: WebhookLogRow) {
  return {
    id: row.id,
    status: row.status,
    attempts: row.attempts,
    emitter_id: row.emitter_id,
    event_name: row.channel,
    event_id: formatEventId(row.event_id),
    response_status: row.response_status,
    error: row.error,
    created_at_ms: row.created_at_ms,
    next_attempt_at_ms: row.next_attempt_at_ms,
    ended_at_ms: row.ended_at_ms,
  };
}
