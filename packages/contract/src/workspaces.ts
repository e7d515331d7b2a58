import { Type } from "typebox";
import { dataOf, epochSeconds, noContent, nullable, pageOf, pageParameters } from "./conventions.ts";
import { operation } from "./operation.ts";

export const workspaceSchema = Type.Object({
  id: Type.String(),
  orgname: Type.String(),
  name: Type.String(),
  email: Type.String(),
  daily_credits_quota: Type.Integer({ description: "0: none." }),
  daily_credits_used: Type.Integer(),
});

export const apiKeySchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  key: Type.Optional(Type.String({ description: "In the reply that made it only." })),
  hint: Type.String({ description: "The key's last characters." }),
  user_id: Type.String(),
  org_id: nullable(Type.String({ description: "Null: reaches all of its user's workspaces." })),
  scopes: Type.Array(Type.String()),
  created_at: epochSeconds,
  expires_at: nullable(epochSeconds),
  last_used_at: nullable(epochSeconds),
});

const workspaceId = Type.Object({ workspace_id: Type.String() });

export const workspaceOperations = {
  listWorkspaces: operation({
    id: "listWorkspaces",
    method: "GET",
    path: "/workspaces",
    summary: "List the workspaces that the token reaches",
    tag: "Workspaces",
    access: "token",
    query: Type.Object({ ...pageParameters }),
    status: 200,
    reply: pageOf(workspaceSchema),
  }),
  createWorkspace: operation({
    id: "createWorkspace",
    method: "POST",
    path: "/workspaces",
    summary: "Make a workspace",
    description: "The caller becomes its owner.",
    tag: "Workspaces",
    access: "user_key",
    role: "viewer",
    body: Type.Object({ name: Type.String({ minLength: 1, maxLength: 200 }) }),
    status: 200,
    reply: dataOf(workspaceSchema),
  }),
  getWorkspace: operation({
    id: "getWorkspace",
    method: "GET",
    path: "/workspaces/:workspace_id",
    summary: "Get a workspace",
    tag: "Workspaces",
    access: "token",
    params: workspaceId,
    status: 200,
    reply: dataOf(workspaceSchema),
  }),
  setWorkspaceQuota: operation({
    id: "setWorkspaceQuota",
    method: "PUT",
    path: "/workspaces/:workspace_id/quota",
    summary: "Limit what a workspace uses a day",
    description:
      "For admins of the instance's first workspace, who may name any workspace. Over its quota a workspace's requests get " +
      "429 and its events wait for the next UTC day.",
    tag: "Workspaces",
    access: "token",
    role: "admin",
    params: workspaceId,
    body: Type.Object({
      daily_credits_quota: nullable(
        Type.Integer({ minimum: 0, maximum: 2_147_483_647, description: "0: none; null: the instance's." }),
      ),
    }),
    status: 200,
    reply: dataOf(workspaceSchema),
  }),
  updateWorkspace: operation({
    id: "updateWorkspace",
    method: "PUT",
    path: "/workspaces/:workspace_id",
    summary: "Give a workspace another name",
    description: "Its `orgname` stays.",
    tag: "Workspaces",
    access: "user_key",
    role: "admin",
    params: workspaceId,
    body: Type.Object({ name: Type.String({ minLength: 1, maxLength: 200 }) }),
    status: 200,
    reply: dataOf(workspaceSchema),
  }),
  deleteWorkspace: operation({
    id: "deleteWorkspace",
    method: "DELETE",
    path: "/workspaces/:workspace_id",
    summary: "Delete a workspace with everything in it",
    description:
      "At once nobody reaches it any more and its tokens end; its sources are deactivated (errors of their hooks count for " +
      "nothing), then they, workflows, accounts and everything else are gone for good. The workspace that the instance began with stays (409).",
    tag: "Workspaces",
    access: "user_key",
    role: "owner",
    params: workspaceId,
    query: Type.Object({ confirm: Type.String({ description: "The workspace's `orgname`, against accidents." }) }),
    status: 204,
    reply: noContent,
  }),
};

export const apiKeyOperations = {
  createApiKey: operation({
    id: "createApiKey",
    method: "POST",
    path: "/workspaces/:workspace_id/api_keys",
    summary: "Make an API key for one workspace",
    description: "The key belongs to the caller, reaches this workspace only, and is shown in this reply only.",
    tag: "API keys",
    access: "user_key",
    role: "admin",
    params: workspaceId,
    body: Type.Object({
      name: Type.String({ minLength: 1, maxLength: 200 }),
      scopes: Type.Optional(
        Type.Array(Type.Union([Type.Literal("read"), Type.Literal("write")]), {
          description: "None: everything that its user may do. `read` alone: nothing can be changed with it.",
        }),
      ),
      expires_at: Type.Optional(Type.Integer({ minimum: 0, maximum: 99_999_999_999, description: "Epoch seconds." })),
    }),
    status: 200,
    reply: dataOf(apiKeySchema),
  }),
  listApiKeys: operation({
    id: "listApiKeys",
    method: "GET",
    path: "/workspaces/:workspace_id/api_keys",
    summary: "List the API keys of a workspace",
    description: "Its own keys, and those of the caller that reach all of the caller's workspaces.",
    tag: "API keys",
    access: "user_key",
    role: "admin",
    params: workspaceId,
    query: Type.Object({ ...pageParameters }),
    status: 200,
    reply: pageOf(apiKeySchema),
  }),
  deleteApiKey: operation({
    id: "deleteApiKey",
    method: "DELETE",
    path: "/workspaces/:workspace_id/api_keys/:api_key_id",
    summary: "Revoke an API key",
    description: "Effective on every node within a second.",
    tag: "API keys",
    access: "user_key",
    role: "admin",
    params: Type.Object({ workspace_id: Type.String(), api_key_id: Type.String() }),
    status: 204,
    reply: noContent,
  }),
};
