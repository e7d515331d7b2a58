import { Type, type Static } from "typebox";
import { mapOf } from "./conventions.ts";

/** A `{{field}}` is filled with that field of the account (percent-encoded behind a URL's host). */
const url = Type.String({
  pattern: "^(https?://|\\{\\{)\\S+$",
  description: "A URL; may hold {{field}} placeholders.",
});
function texts(description: string) {
  return mapOf(Type.String(), { description });
}
const optional = Type.Optional;
const closed = { additionalProperties: false };

const authField = Type.Object(
  {
    name: Type.String({
      pattern: "^(?!(?:__proto__|constructor|prototype)$)[A-Za-z_][A-Za-z0-9_]*$",
      description: "As components read it: `$auth.<name>`.",
    }),
    label: Type.String({ minLength: 1 }),
    description: optional(Type.String()),
    default: optional(Type.String()),
    optional: optional(Type.Boolean()),
    type: optional(Type.Union([Type.Literal("password"), Type.Literal("text")], { description: "Default: text." })),
    pattern: optional(Type.String({ description: "A regular expression for the whole value." })),
  },
  closed,
);

const fields = Type.Array(authField);

const keysAuth = Type.Object({ type: Type.Literal("keys"), fields }, closed);

const noAuth = Type.Object({ type: Type.Literal("none") }, closed);

const oauth2Auth = Type.Object(
  {
    type: Type.Literal("oauth2"),
    authorizeUrl: url,
    tokenUrl: url,
    refreshUrl: optional(url),
    revokeUrl: optional(url),
    scopes: Type.Array(Type.String(), { description: "What is asked for when the client names no others." }),
    scopeDelimiter: Type.String({ default: " " }),
    scopeParam: optional(Type.String({ description: "The authorize parameter that carries them. Default: scope." })),
    clientIdParam: optional(Type.String({ description: "Default: client_id." })),
    clientSecretParam: optional(Type.String({ description: "Default: client_secret." })),
    pkce: optional(Type.Boolean({ description: "Whether S256 is sent." })),
    clientAuth: Type.Union([Type.Literal("basic"), Type.Literal("body")]),
    authorizeParams: optional(texts("Added to the authorize URL.")),
    tokenParams: optional(texts("Added to the token request.")),
    tokenFormat: optional(Type.Union([Type.Literal("form"), Type.Literal("json")], { description: "Default: form." })),
    tokenAt: optional(Type.String({ description: "Where in the answer the token object lies, such as authed_user." })),
    credentials: optional(texts("More fields of $auth: name → path in the answer of the token or the test.")),
    lifetimeS: optional(Type.Integer({ minimum: 60, description: "Of access tokens whose answer has no expires_in." })),
    fields: optional(fields),
    uid: optional(Type.String({ description: "Path of the account's id in the answer of the token or the test." })),
  },
  closed,
);

const oauth1Auth = Type.Object(
  {
    type: Type.Literal("oauth1"),
    requestUrl: url,
    authorizeUrl: url,
    accessUrl: url,
    signatureMethod: optional(
      Type.Union([Type.Literal("HMAC-SHA1"), Type.Literal("HMAC-SHA256"), Type.Literal("PLAINTEXT")]),
    ),
    scopes: optional(Type.Array(Type.String())),
    scopeDelimiter: optional(Type.String()),
    scopeParam: optional(Type.String({ description: "Default: scope." })),
    authorizeParams: optional(texts("Added to the authorize URL.")),
    fields: optional(fields),
    uid: optional(Type.String({ description: "Path of the account's id in the answer of the token or the test." })),
  },
  closed,
);

const testRequest = Type.Object(
  {
    method: optional(Type.Union([Type.Literal("GET"), Type.Literal("POST")], { description: "Default: GET." })),
    url,
    headers: optional(texts("Values may hold placeholders, {{oauth_access_token}} among them.")),
    basic: optional(
      Type.Object({ username: Type.String(), password: Type.String() }, { ...closed, description: "HTTP Basic." }),
    ),
    body: optional(Type.Unknown({ description: "A string is sent as it is, anything else as JSON." })),
    okStatuses: optional(Type.Array(Type.Integer({ minimum: 100, maximum: 599 }), { description: "Default: 2xx." })),
    okWhen: optional(Type.String({ description: "Path that must be truthy besides, such as Slack's ok." })),
    nameFrom: optional(Type.String({ description: "Path of the account's name in the answer." })),
  },
  closed,
);

/** The kinds of `auth`, by its `type`. */
export const appAuthSchemas = { keys: keysAuth, oauth2: oauth2Auth, oauth1: oauth1Auth, none: noAuth };

/** What the catalogue knows of an app: how accounts connect to it, and how they are tested. One file of the catalogue. */
export const appDefinitionSchema = Type.Object(
  {
    $schema: optional(Type.String()),
    id: Type.String({ pattern: "^app_[0-9A-Za-z]{6,22}$" }),
    slug: Type.String({ pattern: "^[a-z0-9][a-z0-9_-]{0,79}$" }),
    name: Type.String({ minLength: 1, maxLength: 100 }),
    description: Type.String({ maxLength: 1_000 }),
    categories: Type.Array(Type.String({ minLength: 1 })),
    icon: optional(Type.String({ description: "Slug of its logo in Simple Icons; without one a tile is drawn." })),
    imgSrc: optional(Type.String({ pattern: "^https?://", description: "A logo elsewhere; goes before `icon`." })),
    weight: optional(Type.Integer({ minimum: 0, description: "Higher comes first among featured apps." })),
    auth: Type.Union([keysAuth, oauth2Auth, oauth1Auth, noAuth]),
    test: optional(testRequest),
  },
  closed,
);

export type AppDefinition = Static<typeof appDefinitionSchema>;
export type AuthField = Static<typeof authField>;
export type KeysAuth = Static<typeof keysAuth>;
export type OAuth2Auth = Static<typeof oauth2Auth>;
export type OAuth1Auth = Static<typeof oauth1Auth>;
export type TestRequest = Static<typeof testRequest>;
