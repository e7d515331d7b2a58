import { webhookOperations } from "@millrace/contract";
import { pageReply, pageRequestOf } from "../../../core/index.ts";
import type { Webhooks } from "../../../delivery/index.ts";
import { route, type Route } from "../../route.ts";
import { webhookOf } from "./webhook-view.ts";

export function listMyWebhooks(services: { webhooks: Webhooks }): Route {
  return route(webhookOperations.listMyWebhooks, async (request) => {
    const page = await services.webhooks.list(request.orgIds, pageRequestOf(request.input));
    return pageReply(page, { idOf: (row) => row.webhook_id, itemOf: webhookOf });
  });
}
