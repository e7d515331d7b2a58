import { subscriptionOperations } from "@millrace/contract";
import type { Subscriptions } from "../../../events/index.ts";
import { route, type Route } from "../../route.ts";
import { subscriptionKeyOf, subscriptionOf } from "./subscription-view.ts";

export function createSubscription(services: { subscriptions: Subscriptions }): Route {
  return route(subscriptionOperations.createSubscription, async (request) => {
    const row = await services.subscriptions.create(request.orgIds, subscriptionKeyOf(request.input));
    return { data: subscriptionOf(row) };
  });
}
