/** Webhooks: keeping them, posting to them, and what became of it. */
export { WebhookCache } from "./webhook-cache.ts";
export { WebhookDeliveries, type WebhookDeliveriesOptions } from "./webhook-deliveries.ts";
export { WebhookHealth } from "./webhook-health.ts";
export { WebhookLog, type WebhookLogRow } from "./webhook-log.ts";
export type { SecretBox, WebhookRow } from "./webhook-rows.ts";
export { Webhooks, type NewWebhook, type WebhookChanges } from "./webhooks.ts";
