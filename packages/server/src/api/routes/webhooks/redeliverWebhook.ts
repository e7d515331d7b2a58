import { webhookOperations } from "@millrace/contract";
import { invalidInput } from "../../../core/index.ts";
import type { WebhookLog, Webhooks } from "../../../delivery/index.ts";
import { route, type Route } from "../../route.ts";

export function redeliverWebhook(services: { webhooks: Webhooks; webhookLog: WebhookLog }): Route {
  return route(webhookOperations.redeliverWebhook, async (request) => {
    const { webhook_id: webhookId, delivery_id: deliveryId, since } = request.input;
    const row = await services.webhooks.find(request.orgIds, webhookId);
    const key = { orgId: row.org_id, webhookId };
    if ((deliveryId === undefined) === (since === undefined)) {
      throw invalidInput([{ path: "delivery_id", message: "give either delivery_id or since" }]);
    }
    const count =
      deliveryId === undefined
        ? await services.webhookLog.redeliverSince(key, (since ?? 0) * 1000)
        : await services.webhookLog.redeliver(key, deliveryId);
    return { data: { count } };
  });
}
