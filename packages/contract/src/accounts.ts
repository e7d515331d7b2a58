import { Type } from "typebox";
import { anyObject, dataOf, isoTime, mapOf, noContent, nullable, pageOf, pageParameters } from "./conventions.ts";
import { operation } from "./operation.ts";

export const accountSchema = Type.Object({
  id: Type.String(),
  created_at: isoTime,
  updated_at: isoTime,
  expires_at: Type.Optional(nullable(isoTime)),
  name: nullable(Type.String()),
  app: Type.Object({ id: Type.String(), name: Type.String() }),
  healthy: Type.Boolean(),
  dead: Type.Optional(Type.Boolean({ description: "Given up: only connecting again helps." })),
  error: Type.Optional(Type.String({ description: "Why it is not healthy." })),
  external_id: Type.Optional(Type.String({ description: "The external user that it belongs to." })),
  oauth_app_id: Type.Optional(Type.String({ description: "The OAuth client that it was connected with." })),
  authorized_scopes: Type.Optional(Type.Array(Type.String())),
  last_refreshed_at: Type.Optional(isoTime),
  next_refresh_at: Type.Optional(isoTime),
  credentials: Type.Optional(anyObject),
});

export const accountNameSchema = Type.Object({ id: Type.String(), name: nullable(Type.String()) });

const accountId = Type.Object({ account_id: Type.String() });
const includeCredentials = Type.Optional(
  Type.Boolean({
    description:
      "Adds `credentials` and `expires_at`; each reading is audited. Not for viewers, nor for keys and tokens that may only `read`.",
  }),
);
const name = Type.String({ maxLength: 500 });
const externalUserId = Type.String({ minLength: 1, maxLength: 500 });

const redirectUri = Type.String({ pattern: "^https?://", maxLength: 2_000 });

export const accountOperations = {
  listAccounts: operation({
    id: "listAccounts",
    method: "GET",
    path: "/accounts",
    summary: "List connected accounts",
    tag: "Accounts",
    access: "token",
    connectScope: "connect:accounts:read",
    query: Type.Object({
      ...pageParameters,
      app: Type.Optional(Type.String({ description: "Id or slug." })),
      oauth_app_id: Type.Optional(Type.String()),
      external_user_id: Type.Optional(Type.String()),
      include_credentials: includeCredentials,
    }),
    status: 200,
    reply: pageOf(accountSchema),
  }),
  createAccount: operation({
    id: "createAccount",
    method: "POST",
    path: "/accounts",
    summary: "Connect an account by its credentials",
    description: "Until the catalogue knows an app, its slug in a saved component is enough.",
    tag: "Accounts",
    access: "token",
    connectScope: "connect:accounts:write",
    takesOrgId: true,
    body: Type.Object({
      app: Type.String({ minLength: 1, description: "Id or slug." }),
      name: Type.Optional(name),
      credentials: mapOf(Type.Unknown()),
      external_user_id: Type.Optional(externalUserId),
      oauth_app_id: Type.Optional(Type.String()),
      test: Type.Optional(Type.Boolean({ description: "Sends the app's test request, if it has one." })),
    }),
    status: 200,
    reply: dataOf(accountSchema),
  }),
  createConnectLink: operation({
    id: "createConnectLink",
    method: "POST",
    path: "/accounts/connect",
    summary: "Make a link under which a person connects an account",
    description: "The link works once, in a browser: over the provider's own page, or a form for keys.",
    tag: "Accounts",
    access: "token",
    connectScope: "connect:accounts:write",
    takesOrgId: true,
    body: Type.Object({
      app: Type.Optional(Type.String({ minLength: 1, description: "Id or slug." })),
      account_id: Type.Optional(Type.String({ description: "Instead of `app`: connects this account again." })),
      oauth_app_id: Type.Optional(Type.String({ description: "With which OAuth client; by default the newest." })),
      name: Type.Optional(name),
      external_user_id: Type.Optional(externalUserId),
      success_redirect_uri: Type.Optional(redirectUri),
      error_redirect_uri: Type.Optional(redirectUri),
      expires_in: Type.Optional(Type.Integer({ minimum: 60, maximum: 14_400, description: "Seconds; 1800." })),
    }),
    status: 200,
    reply: dataOf(Type.Object({ connect_url: Type.String(), expires_at: isoTime })),
  }),
  testAccount: operation({
    id: "testAccount",
    method: "POST",
    path: "/accounts/:account_id/test",
    summary: "Try a connected account",
    description: "Refreshes what is stale and sends the app's test request, which sets `healthy` and `error`.",
    tag: "Accounts",
    access: "token",
    connectScope: "connect:accounts:write",
    params: accountId,
    status: 200,
    reply: Type.Object({
      data: accountSchema,
      tested: Type.Boolean({ description: "False: the app has no test request, or the account is dead." }),
    }),
  }),
  getAccount: operation({
    id: "getAccount",
    method: "GET",
    path: "/accounts/:account_id",
    summary: "Get a connected account",
    tag: "Accounts",
    access: "token",
    connectScope: "connect:accounts:read",
    params: accountId,
    query: Type.Object({ include_credentials: includeCredentials }),
    status: 200,
    reply: dataOf(accountSchema),
  }),
  updateAccount: operation({
    id: "updateAccount",
    method: "PUT",
    path: "/accounts/:account_id",
    summary: "Change a connected account",
    description: "`credentials` replaces all fields.",
    tag: "Accounts",
    access: "token",
    connectScope: "connect:accounts:write",
    params: accountId,
    body: Type.Object({
      name: Type.Optional(nullable(name)),
      credentials: Type.Optional(mapOf(Type.Unknown())),
      external_user_id: Type.Optional(nullable(externalUserId)),
    }),
    status: 200,
    reply: dataOf(accountSchema),
  }),
  deleteAccount: operation({
    id: "deleteAccount",
    method: "DELETE",
    path: "/accounts/:account_id",
    summary: "Delete a connected account",
    description:
      "Its tokens are revoked at the provider where that is possible. Sources that are configured with it fail from then " +
      "on, naming it.",
    tag: "Accounts",
    access: "token",
    connectScope: "connect:accounts:write",
    params: accountId,
    status: 204,
    reply: noContent,
  }),
  listWorkspaceAccounts: operation({
    id: "listWorkspaceAccounts",
    method: "GET",
    path: "/workspaces/:workspace_id/accounts",
    summary: "List the connected accounts of a workspace",
    tag: "Workspaces",
    access: "token",
    connectScope: "connect:accounts:read",
    params: Type.Object({ workspace_id: Type.String() }),
    query: Type.Object({
      ...pageParameters,
      query: Type.Optional(Type.String({ description: "The slug or id of an app." })),
    }),
    status: 200,
    reply: pageOf(accountNameSchema),
  }),
};
