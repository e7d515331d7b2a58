/** Who listens to whom. */
import type { Route } from "../../route.ts";
import type { ApiServices } from "../../services.ts";
import { createAutoSubscription } from "./createAutoSubscription.ts";
import { createSubscription } from "./createSubscription.ts";
import { deleteAutoSubscription } from "./deleteAutoSubscription.ts";
import { deleteSubscription } from "./deleteSubscription.ts";
import { listMySubscriptions } from "./listMySubscriptions.ts";
import { listSubscriptions } from "./listSubscriptions.ts";
import { listWorkspaceSubscriptions } from "./listWorkspaceSubscriptions.ts";

export function subscriptionRoutes(services: ApiServices): Route[] {
  return [
    createAutoSubscription(services),
    createSubscription(services),
    deleteAutoSubscription(services),
    deleteSubscription(services),
    listMySubscriptions(services),
    listSubscriptions(services),
    listWorkspaceSubscriptions(services),
  ];
}
