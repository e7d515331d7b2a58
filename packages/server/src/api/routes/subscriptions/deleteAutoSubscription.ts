import { subscriptionOperations } from "@millrace/contract";
import type { Subscriptions } from "../../../events/index.ts";
import { route, type Route } from "../../route.ts";

export function deleteAutoSubscription(services: { subscriptions: Subscriptions }): Route {
  return route(subscriptionOperations.deleteAutoSubscription, async (request) => {
    const { event_name: channel = "", listener_id: listenerId } = request.input;
    await services.subscriptions.deleteAuto(request.orgIds, { channel, listenerId });
    return undefined;
  });
}
