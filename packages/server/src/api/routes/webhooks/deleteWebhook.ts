import { webhookOperations } from "@millrace/contract";
import type { Webhooks } from "../../../delivery/index.ts";
import { route, type Route } from "../../route.ts";

export function deleteWebhook(services: { webhooks: Webhooks }): Route {
  return route(webhookOperations.deleteWebhook, async (request) => {
    await services.webhooks.delete(request.orgIds, request.input.webhook_id);
    return undefined;
  });
}
