import { subscriptionOperations } from "@millrace/contract";
import type { Subscriptions } from "../../../events/index.ts";
import { route, type Route } from "../../route.ts";
import { subscriptionKeyOf } from "./subscription-view.ts";

export function deleteSubscription(services: { subscriptions: Subscriptions }): Route {
  return route(subscriptionOperations.deleteSubscription, async (request) => {
    await services.subscriptions.delete(request.orgIds, subscriptionKeyOf(request.input));
    return undefined;
  });
}
