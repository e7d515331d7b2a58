import { Type } from "typebox";
import { dataOf, isoTime, mapOf, noContent, nullable, pageOf, pageParameters } from "./conventions.ts";
import { operation } from "./operation.ts";

const scopes = Type.Array(Type.String({ minLength: 1, maxLength: 500 }), { maxItems: 200 });
const parameters = mapOf(Type.String({ maxLength: 2_000 }));
const secret = Type.String({ maxLength: 10_000 });

export const oauthAppSchema = Type.Object({
  id: Type.String(),
  app: Type.Object({ id: Type.String(), name: Type.String(), name_slug: Type.String() }),
  name: nullable(Type.String()),
  description: nullable(Type.String()),
  client_id: Type.String(),
  scopes: Type.Array(Type.String(), { description: "Instead of the app's own; empty: those." }),
  additional_scopes: Type.Array(Type.String()),
  authorize_params: parameters,
  redirect_uri: Type.String({ description: "To be registered at the provider." }),
  owner_id: Type.String(),
  created_at: isoTime,
  updated_at: isoTime,
});

const oauthAppId = Type.Object({ oauth_app_id: Type.String() });
const changeable = {
  name: Type.Optional(nullable(Type.String({ maxLength: 500 }))),
  description: Type.Optional(nullable(Type.String({ maxLength: 2_000 }))),
  scopes: Type.Optional(scopes),
  additional_scopes: Type.Optional(scopes),
  authorize_params: Type.Optional(parameters),
};

export const oauthAppOperations = {
  listOauthApps: operation({
    id: "listOauthApps",
    method: "GET",
    path: "/oauth_apps",
    summary: "List a workspace's OAuth clients of apps",
    tag: "OAuth apps",
    access: "token",
    query: Type.Object({ ...pageParameters, app: Type.Optional(Type.String({ description: "Id or slug." })) }),
    status: 200,
    reply: pageOf(oauthAppSchema),
  }),
  createOauthApp: operation({
    id: "createOauthApp",
    method: "POST",
    path: "/oauth_apps",
    summary: "Add an OAuth client of an app",
    description: "Its secret is never shown again.",
    tag: "OAuth apps",
    access: "token",
    role: "admin",
    takesOrgId: true,
    body: Type.Object({
      app: Type.String({ minLength: 1, description: "Id or slug." }),
      client_id: Type.String({ minLength: 1, maxLength: 2_000 }),
      client_secret: secret,
      ...changeable,
    }),
    status: 201,
    reply: dataOf(oauthAppSchema),
  }),
  getOauthApp: operation({
    id: "getOauthApp",
    method: "GET",
    path: "/oauth_apps/:oauth_app_id",
    summary: "Get an OAuth client of an app",
    tag: "OAuth apps",
    access: "token",
    params: oauthAppId,
    status: 200,
    reply: dataOf(oauthAppSchema),
  }),
  updateOauthApp: operation({
    id: "updateOauthApp",
    method: "PUT",
    path: "/oauth_apps/:oauth_app_id",
    summary: "Change an OAuth client of an app",
    description: "What is absent stays; an empty secret keeps the stored one.",
    tag: "OAuth apps",
    access: "token",
    role: "admin",
    params: oauthAppId,
    body: Type.Object({
      client_id: Type.Optional(Type.String({ minLength: 1, maxLength: 2_000 })),
      client_secret: Type.Optional(secret),
      ...changeable,
    }),
    status: 200,
    reply: dataOf(oauthAppSchema),
  }),
  deleteOauthApp: operation({
    id: "deleteOauthApp",
    method: "DELETE",
    path: "/oauth_apps/:oauth_app_id",
    summary: "Delete an OAuth client of an app",
    description: "Refused with 409 while accounts are connected with it.",
    tag: "OAuth apps",
    access: "token",
    role: "admin",
    params: oauthAppId,
    status: 204,
    reply: noContent,
  }),
  signOauthRequest: operation({
    id: "signOauthRequest",
    method: "POST",
    path: "/oauth/sign/:signer_token",
    summary: "Sign a request with an account of OAuth 1.0a",
    description:
      "What `$auth.oauth_signer_uri` leads to. The address is the authorization; it serves one account for an hour.",
    tag: "OAuth apps",
    access: "public",
    params: Type.Object({ signer_token: Type.String() }),
    body: Type.Object({
      requestData: Type.Object({
        method: Type.Optional(Type.String({ maxLength: 20 })),
        url: Type.String({ maxLength: 100_000 }),
        data: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { description: "Fields of a form." })),
      }),
      token: Type.Optional(Type.Unknown({ description: "Ignored: the account's own token signs." })),
    }),
    status: 200,
    reply: Type.String({ description: "The Authorization header." }),
  }),
  rotateVaultKey: operation({
    id: "rotateVaultKey",
    method: "POST",
    path: "/workspaces/:workspace_id/rotate_vault_key",
    summary: "Give a workspace a new key for its stored secrets",
    description: "What the former key sealed is sealed anew.",
    tag: "Workspaces",
    access: "token",
    role: "owner",
    params: Type.Object({ workspace_id: Type.String() }),
    status: 200,
    reply: dataOf(Type.Object({ resealed: Type.Integer({ description: "Secrets that were sealed anew at once." }) })),
  }),
};
