import { webhookOperations } from "@millrace/contract";
import type { Webhooks } from "../../../delivery/index.ts";
import { route, type Route } from "../../route.ts";
import { webhookOf } from "./webhook-view.ts";

export function updateWebhook(services: { webhooks: Webhooks }): Route {
  return route(webhookOperations.updateWebhook, async (request) => {
    const { webhook_id: webhookId, url, name, description, active } = request.input;
    const changes = { url, name, description, active };
    return { data: webhookOf(await services.webhooks.update(request.orgIds, webhookId, changes)) };
  });
}
