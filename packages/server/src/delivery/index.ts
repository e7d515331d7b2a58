/** Takes claimed deliveries to their listeners. */
export { ClaimLoop, type ClaimLoopOptions } from "./claim-loop.ts";
export { Dispatcher, type DeliveryHandler, type DispatcherOptions, type WaitingWork } from "./dispatcher.ts";
export type { SlotLimits } from "./slots.ts";
export { WebhookCache } from "./webhooks/webhook-cache.ts";
export { WebhookDeliveries, type WebhookDeliveriesOptions } from "./webhooks/webhook-deliveries.ts";
export { WebhookHealth } from "./webhooks/webhook-health.ts";
export { WebhookLog, type WebhookLogRow } from "./webhooks/webhook-log.ts";
export type { SecretBox, WebhookRow } from "./webhooks/webhook-rows.ts";
export { Webhooks, type NewWebhook, type WebhookChanges } from "./webhooks/webhooks.ts";
