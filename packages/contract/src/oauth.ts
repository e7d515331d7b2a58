import { Type } from "typebox";
import { dataOf, emptyReply, epochSeconds, noContent, nullable, pageOf, pageParameters } from "./conventions.ts";
import { operation } from "./operation.ts";

/** Everything that an access token may be limited to. */
export const oauthScopes = [
  "*",
  "read",
  "write",
  "connect:*",
  "connect:actions:*",
  "connect:triggers:*",
  "connect:accounts:read",
  "connect:accounts:write",
  "connect:deployed_triggers:read",
  "connect:deployed_triggers:write",
  "connect:users:read",
  "connect:users:write",
  "connect:projects:read",
  "connect:projects:write",
  "connect:usage:read",
  "connect:tokens:create",
  "connect:proxy",
  "connect:workflow:invoke",
  "connect:apps:*",
] as const;

const scopeName = Type.Union(oauthScopes.map((name) => Type.Literal(name)));

const DAY_SECONDS = 86_400;

export const oauthClientSchema = Type.Object({
  id: Type.String({ description: "The client id." }),
  client_id: Type.String(),
  client_secret: Type.Optional(Type.String({ description: "In the reply that made it only." })),
  name: Type.String(),
  role: Type.Union([Type.Literal("admin"), Type.Literal("member"), Type.Literal("viewer")]),
  scopes: Type.Array(Type.String(), { description: "The most that a token may have." }),
  secret_hint: Type.String({ description: "The secret's last characters." }),
  previous_secret_expires_at: nullable(epochSeconds),
  created_at: epochSeconds,
  last_used_at: nullable(epochSeconds),
});

const workspaceParams = Type.Object({ workspace_id: Type.String() });
const clientParams = Type.Object({ workspace_id: Type.String(), client_id: Type.String() });
const ofAdmins = { tag: "OAuth clients", access: "user_key", role: "admin" } as const;

export const oauthClientOperations = {
  createOauthClient: operation({
    ...ofAdmins,
    id: "createOauthClient",
    method: "POST",
    path: "/workspaces/:workspace_id/oauth_clients",
    summary: "Make an OAuth client of a workspace",
    description:
      "For programs: the client gets access tokens from `/oauth/token`. Its secret is shown in this reply only. " +
      "Its role cannot be stronger than yours.",
    params: workspaceParams,
    body: Type.Object({
      name: Type.String({ minLength: 1, maxLength: 200 }),
      role: Type.Optional(
        Type.Union([Type.Literal("admin"), Type.Literal("member"), Type.Literal("viewer")], {
          description: "What its tokens may do in the workspace; default `admin`.",
        }),
      ),
      scopes: Type.Optional(
        Type.Array(scopeName, { minItems: 1, description: "The most that a token may ask for; default `*`." }),
      ),
    }),
    status: 200,
    reply: dataOf(oauthClientSchema),
  }),
  listOauthClients: operation({
    ...ofAdmins,
    id: "listOauthClients",
    method: "GET",
    path: "/workspaces/:workspace_id/oauth_clients",
    summary: "List the OAuth clients of a workspace",
    params: workspaceParams,
    query: Type.Object({ ...pageParameters }),
    status: 200,
    reply: pageOf(oauthClientSchema),
  }),
  rotateOauthClientSecret: operation({
    ...ofAdmins,
    id: "rotateOauthClientSecret",
    method: "POST",
    path: "/workspaces/:workspace_id/oauth_clients/:client_id/rotate_secret",
    summary: "Give an OAuth client a new secret",
    description:
      "The secret before it works until `overlap_seconds` have passed, one that is older ends at once. " +
      "Access tokens stay valid. The new secret is shown in this reply only.",
    params: clientParams,
    body: Type.Object({
      overlap_seconds: Type.Optional(
        Type.Integer({ minimum: 0, maximum: 30 * DAY_SECONDS, description: "Default: one day." }),
      ),
    }),
    status: 200,
    reply: dataOf(oauthClientSchema),
  }),
  deleteOauthClient: operation({
    ...ofAdmins,
    id: "deleteOauthClient",
    method: "DELETE",
    path: "/workspaces/:workspace_id/oauth_clients/:client_id",
    summary: "Delete an OAuth client",
    description: "Its tokens end with it, on every node within a second.",
    params: clientParams,
    status: 204,
    reply: noContent,
  }),
};

const clientFields = {
  client_id: Type.Optional(Type.String({ description: "Or by HTTP Basic, with the secret." })),
  client_secret: Type.Optional(Type.String()),
};
const ofOauth = { tag: "OAuth", access: "public", dialect: "oauth" } as const;

export const oauthOperations = {
  createAccessToken: operation({
    ...ofOauth,
    id: "createAccessToken",
    method: "POST",
    path: "/oauth/token",
    summary: "Get an access token",
    description:
      "The client credentials grant (RFC 6749). The token is a JWT, signed by a key of `/.well-known/jwks.json`. " +
      "Tokens issued before stay valid.",
    body: Type.Object({
      grant_type: Type.Optional(Type.String({ description: "`client_credentials`" })),
      ...clientFields,
      scope: Type.Optional(
        Type.String({ description: "Space-separated; everything that the client may when absent." }),
      ),
    }),
    status: 200,
    reply: Type.Object({
      access_token: Type.String(),
      token_type: Type.Literal("Bearer"),
      expires_in: Type.Integer({ description: "Seconds." }),
      created_at: epochSeconds,
      scope: Type.String(),
    }),
  }),
  revokeAccessToken: operation({
    ...ofOauth,
    id: "revokeAccessToken",
    method: "POST",
    path: "/oauth/revoke",
    summary: "Revoke an access token",
    description: "Effective on every node within a second (RFC 7009). A token that is not the client's is no error.",
    body: Type.Object({
      token: Type.Optional(Type.String()),
      token_type_hint: Type.Optional(Type.String()),
      ...clientFields,
    }),
    status: 200,
    reply: emptyReply,
  }),
};
