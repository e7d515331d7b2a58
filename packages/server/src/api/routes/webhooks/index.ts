/** Where events are posted to. */
import type { Route } from "../../route.ts";
import type { ApiServices } from "../../services.ts";
import { createWebhook } from "./createWebhook.ts";
import { deleteWebhook } from "./deleteWebhook.ts";
import { getWebhook } from "./getWebhook.ts";
import { listMyWebhooks } from "./listMyWebhooks.ts";
import { listWebhookDeliveries } from "./listWebhookDeliveries.ts";
import { listWorkspaceWebhooks } from "./listWorkspaceWebhooks.ts";
import { redeliverWebhook } from "./redeliverWebhook.ts";
import { rotateWebhookSigningKey } from "./rotateWebhookSigningKey.ts";
import { updateWebhook } from "./updateWebhook.ts";

export function webhookRoutes(services: ApiServices): Route[] {
  return [
    createWebhook(services),
    deleteWebhook(services),
    getWebhook(services),
    listMyWebhooks(services),
    listWebhookDeliveries(services),
    listWorkspaceWebhooks(services),
    redeliverWebhook(services),
    rotateWebhookSigningKey(services),
    updateWebhook(services),
  ];
}
