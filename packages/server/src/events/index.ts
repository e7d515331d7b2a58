/** The durable log: appending events, matching them with subscriptions, reading, following and forgetting them. */
export type {
  AppendedEvent,
  CommitOutcome,
  CommitUnit,
  EventDraft,
  SourceRunRecord,
  WebhookDeliveryRecord,
} from "./commit-unit.ts";
export type { Claim, ClaimedDelivery, EventMetadata } from "../queue/index.ts";
export { noDispatch, type DispatchPort } from "./dispatch-port.ts";
export { CommitError, EventLog, type EventLogOptions } from "./event-log.ts";
export { SubscriptionCache } from "./subscription-cache.ts";
