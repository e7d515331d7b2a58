import { Type } from "typebox";
import { dataOf, noContent, pageOf, pageParameters } from "./conventions.ts";
import { operation } from "./operation.ts";
import { workspaceSchema } from "./workspaces.ts";

export const currentUserSchema = Type.Object({
  id: Type.String(),
  username: Type.String(),
  email: Type.String(),
  daily_compute_time_quota: Type.Optional(Type.Integer({ description: "Free plan; milliseconds." })),
  daily_compute_time_used: Type.Optional(Type.Integer()),
  daily_invocations_quota: Type.Optional(Type.Integer()),
  daily_invocations_used: Type.Optional(Type.Integer()),
  orgs: Type.Optional(Type.Array(workspaceSchema)),
  billing_period_start_ts: Type.Optional(Type.Integer({ description: "Paid plan; epoch seconds." })),
  billing_period_end_ts: Type.Optional(Type.Integer()),
  billing_period_credits: Type.Optional(Type.Integer()),
});

export const userOperations = {
  getCurrentUser: operation({
    id: "getCurrentUser",
    method: "GET",
    path: "/users/me",
    summary: "Get the current user",
    tag: "Users",
    access: "user_key",
    status: 200,
    reply: dataOf(currentUserSchema),
  }),
  deleteCurrentUser: operation({
    id: "deleteCurrentUser",
    method: "DELETE",
    path: "/users/me",
    summary: "Delete the current user",
    description:
      "Their sessions and API keys end; what they made in workspaces stays. 409 for the last owner of a workspace, and for " +
      "the instance's only user.",
    tag: "Users",
    access: "user_key",
    role: "viewer",
    query: Type.Object({ confirm: Type.String({ description: "The user's email, against accidents." }) }),
    status: 204,
    reply: noContent,
  }),
  listMyWorkspaces: operation({
    id: "listMyWorkspaces",
    method: "GET",
    path: "/users/me/workspaces",
    summary: "List the workspaces of the current user",
    tag: "Users",
    access: "user_key",
    query: Type.Object({ ...pageParameters }),
    status: 200,
    reply: pageOf(workspaceSchema),
  }),
};
