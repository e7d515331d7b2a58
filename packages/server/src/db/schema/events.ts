import type { Generated } from "kysely";

export interface EmitterHeadsTable {
  org_id: string;
  emitter_id: string;
  head: number;
}

export interface EventsTable {
  org_id: string;
  emitter_id: string;
  channel: string;
  event_id: number;
  emit_id: string;
  payload: string;
  metadata: string | null;
}

export interface SubscriptionsTable {
  org_id: string;
  subscription_id: string;
  emitter_id: string;
  channel: string;
  listener_id: string;
  created_at_ms: number;
}

export interface AutoSubscriptionsTable {
  org_id: string;
  auto_subscription_id: string;
  channel: string;
  listener_id: string;
  created_at_ms: number;
}

export interface SubscriptionVersionsTable {
  org_id: string;
  version: number;
}

export interface WebhooksTable {
  org_id: string;
  webhook_id: string;
  user_id: string | null;
  url: string;
  name: string | null;
  description: string | null;
  active: Generated<boolean>;
  vault_key_id: string;
  sealed_signing_key: string;
  failing_since_ms: number | null;
  created_at_ms: number;
  updated_at_ms: number;
}

export interface WebhookDeliveriesTable {
  org_id: string;
  webhook_id: string;
  webhook_delivery_id: string;
  emitter_id: string;
  channel: string;
  event_id: number;
  status: "success" | "dead";
  attempts: number;
  response_status: number | null;
  error: string | null;
  started_at_ms: number;
  ended_at_ms: number;
}

export interface DeliveriesTable {
  delivery_id: number;
  org_id: string;
  listener_id: string;
  emitter_id: string;
  channel: string;
  event_id: number;
  attempts: Generated<number>;
  due_at_ms: number;
  created_at_ms: number;
  node_id: string | null;
  epoch: number | null;
  last_error: string | null;
  in_lane: Generated<boolean>;
}

export interface LanesTable {
  org_id: string;
  workflow_id: string;
  concurrency: number | null;
  throttle_limit: number | null;
  throttle_interval_ms: number | null;
  queue_size: number;
  turn: Generated<number>;
  window_began_at_ms: Generated<number>;
  window_starts: Generated<number>;
}

export interface QueueEpisodesTable {
  org_id: string;
  workflow_id: string;
  began_at_ms: number;
  expires_at_ms: number;
}

export interface ScheduledEmitsTable {
  org_id: string;
  emitter_id: string;
  event_id: number;
  channel: string;
  emit_id: string;
  payload: string;
  metadata: string | null;
  deliver_at_ms: number;
  direct_listener_id: string | null;
}

/** Tables of events. */
export interface EventsSchema {
  emitter_heads: EmitterHeadsTable;
  events: EventsTable;
  subscriptions: SubscriptionsTable;
  auto_subscriptions: AutoSubscriptionsTable;
  subscription_versions: SubscriptionVersionsTable;
  webhooks: WebhooksTable;
  webhook_deliveries: WebhookDeliveriesTable;
  deliveries: DeliveriesTable;
  lanes: LanesTable;
  queue_episodes: QueueEpisodesTable;
  scheduled_emits: ScheduledEmitsTable;
}
