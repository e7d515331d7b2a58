import { Type } from "typebox";
import { dataOf, epochSeconds, noContent, nullable, pageOf, pageParameters } from "./conventions.ts";
import { operation } from "./operation.ts";

const webhookProperties = {
  id: Type.String({ description: "`wh_…`" }),
  user_id: nullable(Type.String({ description: "Who created it; null when a program did." })),
  name: nullable(Type.String()),
  description: nullable(Type.String()),
  url: Type.String(),
  active: Type.Boolean(),
  created_at: epochSeconds,
  updated_at: epochSeconds,
};
const signingKey = Type.String({ description: "`whsec_…`, for verifying signatures; shown in this reply only." });

export const webhookSchema = Type.Object(webhookProperties);
export const createdWebhookSchema = Type.Object({ ...webhookProperties, signing_key: signingKey });

export const webhookDeliverySchema = Type.Object({
  id: Type.String(),
  status: Type.Union([Type.Literal("pending"), Type.Literal("success"), Type.Literal("dead")]),
  attempts: Type.Integer({ description: "Attempts that have ended." }),
  emitter_id: Type.String(),
  event_name: Type.String(),
  event_id: Type.String(),
  response_status: nullable(Type.Integer()),
  error: nullable(Type.String()),
  created_at_ms: nullable(Type.Integer()),
  next_attempt_at_ms: nullable(Type.Integer()),
  ended_at_ms: nullable(Type.Integer()),
});

const text = (maxLength: number) => Type.Optional(Type.String({ maxLength }));
const url = Type.String({ maxLength: 2_000, description: "An http or https URL." });
const webhookId = Type.Object({ webhook_id: Type.String({ description: "`wh_…`" }) });
const tag = "Webhooks";

export const webhookOperations = {
  createWebhook: operation({
    id: "createWebhook",
    method: "POST",
    path: "/webhooks",
    summary: "Create a webhook",
    description: "Subscribe it to emitters to have their events posted to its URL, signed as Standard Webhooks says.",
    tag,
    access: "token",
    takesOrgId: true,
    body: Type.Object({ url, name: text(200), description: text(2_000) }),
    status: 200,
    reply: dataOf(createdWebhookSchema),
  }),
  getWebhook: operation({
    id: "getWebhook",
    method: "GET",
    path: "/webhooks/:webhook_id",
    summary: "Get a webhook",
    tag,
    access: "token",
    params: webhookId,
    status: 200,
    reply: dataOf(webhookSchema),
  }),
  updateWebhook: operation({
    id: "updateWebhook",
    method: "PUT",
    path: "/webhooks/:webhook_id",
    summary: "Update a webhook",
    tag,
    access: "token",
    params: webhookId,
    body: Type.Object({
      url: Type.Optional(url),
      name: Type.Optional(nullable(Type.String({ maxLength: 200 }))),
      description: Type.Optional(nullable(Type.String({ maxLength: 2_000 }))),
      active: Type.Optional(Type.Boolean()),
    }),
    status: 200,
    reply: dataOf(webhookSchema),
  }),
  deleteWebhook: operation({
    id: "deleteWebhook",
    method: "DELETE",
    path: "/webhooks/:webhook_id",
    summary: "Delete a webhook, its subscriptions and what it was still owed",
    tag,
    access: "token",
    params: webhookId,
    status: 204,
    reply: noContent,
  }),
  rotateWebhookSigningKey: operation({
    id: "rotateWebhookSigningKey",
    method: "POST",
    path: "/webhooks/:webhook_id/rotate_signing_key",
    summary: "Replace a webhook's signing key",
    tag,
    access: "token",
    params: webhookId,
    status: 200,
    reply: dataOf(Type.Object({ signing_key: signingKey })),
  }),
  listWebhookDeliveries: operation({
    id: "listWebhookDeliveries",
    method: "GET",
    path: "/webhooks/:webhook_id/deliveries",
    summary: "List the deliveries of a webhook, newest first, those still owed included",
    tag,
    access: "token",
    params: webhookId,
    query: Type.Object({ ...pageParameters }),
    status: 200,
    reply: pageOf(webhookDeliverySchema),
  }),
  redeliverWebhook: operation({
    id: "redeliverWebhook",
    method: "POST",
    path: "/webhooks/:webhook_id/redeliver",
    summary: "Deliver again",
    description:
      "One delivery, or all dead ones since a time whose event has not arrived otherwise (10,000 at once at most).",
    tag,
    access: "token",
    params: webhookId,
    body: Type.Object({
      delivery_id: Type.Optional(Type.String({ description: "One delivery, whatever became of it." })),
      since: Type.Optional(Type.Integer({ minimum: 0, description: "Epoch seconds." })),
    }),
    status: 202,
    reply: dataOf(Type.Object({ count: Type.Integer({ description: "Deliveries that will be made." }) })),
  }),
  listMyWebhooks: operation({
    id: "listMyWebhooks",
    method: "GET",
    path: "/users/me/webhooks",
    summary: "List the webhooks of the current user's workspaces",
    tag,
    access: "user_key",
    query: Type.Object({ ...pageParameters }),
    status: 200,
    reply: pageOf(webhookSchema),
  }),
  listWorkspaceWebhooks: operation({
    id: "listWorkspaceWebhooks",
    method: "GET",
    path: "/workspaces/:workspace_id/webhooks",
    summary: "List the webhooks of a workspace",
    tag,
    access: "token",
    params: Type.Object({ workspace_id: Type.String({ description: "`o_…`" }) }),
    query: Type.Object({ ...pageParameters }),
    status: 200,
    reply: pageOf(webhookSchema),
  }),
};
