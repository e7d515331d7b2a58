import { webhookOperations } from "@millrace/contract";
import type { Webhooks } from "../../../delivery/index.ts";
import { route, type Route } from "../../route.ts";

export function rotateWebhookSigningKey(services: { webhooks: Webhooks }): Route {
  return route(webhookOperations.rotateWebhookSigningKey, async (request) => {
    const signingKey = await services.webhooks.rotateSigningKey(request.orgIds, request.input.webhook_id);
    return { data: { signing_key: signingKey } };
  });
}
