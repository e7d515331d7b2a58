import { webhookOperations } from "@millrace/contract";
import type { Webhooks } from "../../../delivery/index.ts";
import { route, type Route } from "../../route.ts";
import { webhookOf } from "./webhook-view.ts";

export function getWebhook(services: { webhooks: Webhooks }): Route {
  return route(webhookOperations.getWebhook, async (request) => {
    return { data: webhookOf(await services.webhooks.find(request.orgIds, request.input.webhook_id)) };
  });
}
