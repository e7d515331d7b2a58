/** Takes claimed deliveries to their listeners. */
export { ClaimLoop, type ClaimLoopOptions } from "./claim-loop.ts";
export { Dispatcher, type DeliveryHandler, type DispatcherOptions, type WaitingWork } from "./dispatcher.ts";
export type { DeliveryObserver } from "./delivery-observer.ts";
export { LaneLoop, type LaneLoopOptions } from "./lane-loop.ts";
export { mailQuotaNotice } from "./quota-mails.ts";
export { QuotaWatch, type QuotaNotice } from "./quota-watch.ts";
export { QueueWatch, type QueueWatchOptions } from "./queue-watch.ts";
export type { SlotLimits } from "./slots.ts";
export {
  WebhookCache,
  WebhookDeliveries,
  WebhookHealth,
  WebhookLog,
  Webhooks,
  type NewWebhook,
  type SecretBox,
  type WebhookChanges,
  type WebhookDeliveriesOptions,
  type WebhookLogRow,
  type WebhookRow,
} from "./webhooks/index.ts";
