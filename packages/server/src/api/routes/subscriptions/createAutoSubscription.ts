import { subscriptionOperations } from "@millrace/contract";
import type { Subscriptions } from "../../../events/index.ts";
import { route, type Route } from "../../route.ts";

export function createAutoSubscription(services: { subscriptions: Subscriptions }): Route {
  return route(subscriptionOperations.createAutoSubscription, async (request) => {
    const { event_name: channel = "", listener_id: listenerId } = request.input;
    const id = await services.subscriptions.createAuto(request.orgIds, { channel, listenerId });
    return { data: { id, event_name: channel, listener_id: listenerId } };
  });
}
