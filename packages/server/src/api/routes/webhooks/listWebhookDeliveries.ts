import { webhookOperations } from "@millrace/contract";
import { pageReply, pageRequestOf } from "../../../core/index.ts";
import { WebhookLog, type Webhooks } from "../../../delivery/index.ts";
import { route, type Route } from "../../route.ts";
import { webhookDeliveryOf } from "./webhook-view.ts";

export function listWebhookDeliveries(services: { webhooks: Webhooks; webhookLog: WebhookLog }): Route {
  return route(webhookOperations.listWebhookDeliveries, async (request) => {
    const row = await services.webhooks.find(request.orgIds, request.input.webhook_id);
    const key = { orgId: row.org_id, webhookId: row.webhook_id };
    const page = await services.webhookLog.list(key, pageRequestOf(request.input));
    return pageReply(page, { idOf: (one) => WebhookLog.cursorIdOf(one), itemOf: webhookDeliveryOf });
  });
}
