import { subscriptionOperations } from "@millrace/contract";
import { pageReply, pageRequestOf } from "../../../core/index.ts";
import type { Subscriptions } from "../../../events/index.ts";
import { route, type Route } from "../../route.ts";
import { subscriptionOf } from "./subscription-view.ts";

export function listSubscriptions(services: { subscriptions: Subscriptions }): Route {
  return route(subscriptionOperations.listSubscriptions, async (request) => {
    const page = await services.subscriptions.list(request.orgIds, pageRequestOf(request.input));
    return pageReply(page, { idOf: (row) => row.subscription_id, itemOf: subscriptionOf });
  });
}
