import { webhookOperations } from "@millrace/contract";
import type { Webhooks } from "../../../delivery/index.ts";
import { route, type Route } from "../../route.ts";
import { webhookOf } from "./webhook-view.ts";

export function createWebhook(services: { webhooks: Webhooks }): Route {
  return route(webhookOperations.createWebhook, async (request) => {
    const { input, principal } = request;
    const { row, signingKey } = await services.webhooks.create(request.orgId(), {
      userId: principal.kind === "user" ? principal.userId : null,
      url: input.url,
      name: input.name,
      description: input.description,
    });
    return { data: { ...webhookOf(row), signing_key: signingKey } };
  });
}
