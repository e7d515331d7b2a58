import { Type } from "typebox";
import { dataOf, noContent, pageOf, pageParameters } from "./conventions.ts";
import { operation } from "./operation.ts";

export const subscriptionSchema = Type.Object({
  id: Type.String({ description: "`sub_…`" }),
  emitter_id: Type.String({ description: "`dc_…`, `p_…`, `dc_*`, `p_*`, or the workspace's id." }),
  listener_id: Type.String({ description: "`dc_…`, `p_…` or `wh_…`." }),
  event_name: Type.String({ description: "The channel; empty for the default one." }),
});

export const autoSubscriptionSchema = Type.Object({
  id: Type.String({ description: "`asub_…`" }),
  event_name: Type.String(),
  listener_id: Type.String(),
});

const eventName = Type.Optional(
  Type.String({ maxLength: 200, description: "The channel, `$errors` or `$logs`; the default channel when left out." }),
);
const subscriptionKey = Type.Object({
  emitter_id: Type.String({ description: "`dc_…`, `p_…`, `dc_*`, `p_*`, or the workspace's id." }),
  event_name: eventName,
  listener_id: Type.String({ description: "`dc_…`, `p_…` or `wh_…`." }),
});
const autoSubscriptionKey = Type.Object({ event_name: eventName, listener_id: Type.String() });
const tag = "Subscriptions";

export const subscriptionOperations = {
  createSubscription: operation({
    id: "createSubscription",
    method: "POST",
    path: "/subscriptions",
    summary: "Listen to the events of a source or workflow",
    description:
      "Every event accepted after the answer is delivered, whichever node accepts it. The same subscription again answers " +
      "the one that stands. A subscription by which an emitter would hear its own default channel is 409.",
    tag,
    access: "token",
    body: subscriptionKey,
    status: 200,
    reply: dataOf(subscriptionSchema),
  }),
  deleteSubscription: operation({
    id: "deleteSubscription",
    method: "DELETE",
    path: "/subscriptions",
    summary: "Delete a subscription",
    tag,
    access: "token",
    query: subscriptionKey,
    status: 204,
    reply: noContent,
  }),
  listSubscriptions: operation({
    id: "listSubscriptions",
    method: "GET",
    path: "/subscriptions",
    summary: "List all subscriptions within reach",
    tag,
    access: "token",
    query: Type.Object({ ...pageParameters }),
    status: 200,
    reply: pageOf(subscriptionSchema),
  }),
  listMySubscriptions: operation({
    id: "listMySubscriptions",
    method: "GET",
    path: "/users/me/subscriptions",
    summary: "List the subscriptions of the current user's workspaces",
    tag,
    access: "user_key",
    query: Type.Object({ ...pageParameters }),
    status: 200,
    reply: pageOf(subscriptionSchema),
  }),
  listWorkspaceSubscriptions: operation({
    id: "listWorkspaceSubscriptions",
    method: "GET",
    path: "/workspaces/:workspace_id/subscriptions",
    summary: "List the subscriptions of a workspace",
    tag,
    access: "token",
    params: Type.Object({ workspace_id: Type.String({ description: "`o_…`" }) }),
    query: Type.Object({ ...pageParameters }),
    status: 200,
    reply: pageOf(subscriptionSchema),
  }),
  createAutoSubscription: operation({
    id: "createAutoSubscription",
    method: "POST",
    path: "/auto_subscriptions",
    summary: "Subscribe a listener to every source and workflow created from now on",
    tag,
    access: "token",
    body: autoSubscriptionKey,
    status: 200,
    reply: dataOf(autoSubscriptionSchema),
  }),
  deleteAutoSubscription: operation({
    id: "deleteAutoSubscription",
    method: "DELETE",
    path: "/auto_subscriptions",
    summary: "Stop subscribing a listener to new sources and workflows",
    description: "Subscriptions that were made by it stay.",
    tag,
    access: "token",
    query: autoSubscriptionKey,
    status: 204,
    reply: noContent,
  }),
};
