/** The durable log: appending events, matching them with subscriptions, reading, following and forgetting them. */
export type {
  AppendedEvent,
  CommitOutcome,
  CommitUnit,
  EventDraft,
  SourceRunRecord,
  WebhookDeliveryRecord,
  WorkflowRunRecord,
  UsageRecord,
  WorkflowStepRecord,
} from "./commit-unit.ts";
export type { Claim, ClaimedDelivery, EventMetadata } from "../queue/index.ts";
export { Admission } from "./admission.ts";
export { QueueFullError, RefusedError } from "./refused-errors.ts";
export type { CommittedWrite, DispatchPort, LogObserver } from "./log-ports.ts";
export { CommitError, EventLog } from "./event-log.ts";
export { SubscriptionCache } from "./subscription-cache.ts";
export {
  EventSummaries,
  summaryOf,
  type EmitterChannel,
  type EventRow,
  type EventSummary,
  type SummaryPage,
} from "./event-summaries.ts";
export { EventStreams } from "./event-streams.ts";
export { Subscriptions, type SubscriptionRow } from "./subscriptions.ts";
export { ScheduledEmits } from "./scheduled-emits.ts";
export { removeEmitter } from "./remove-emitter.ts";
