/** Webhooks with their deliveries, and who listens to what. */
export { WebhookPage } from "./webhook.tsx";
export { WebhooksPage } from "./webhooks.tsx";
