import { Type } from "typebox";
import {
  dataOf,
  emptyReply,
  epochSeconds,
  noContent,
  nullable,
  pageOf,
  pageParameters,
  emailSchema,
  roleSchema,
} from "./conventions.ts";
import { operation } from "./operation.ts";

const username = Type.Optional(Type.String({ minLength: 1, maxLength: 60, pattern: "^[A-Za-z0-9][A-Za-z0-9._-]*$" }));
const password = Type.String({ maxLength: 1_000, description: "At least 10 characters." });
const oneTimeToken = Type.String({ maxLength: 1_000, description: "What stands behind the `#` of the link." });

export const sessionSchema = Type.Object({
  id: Type.String(),
  method: Type.Union([Type.Literal("password"), Type.Literal("link"), Type.Literal("oidc")]),
  ip: Type.String({ description: "Where it was opened." }),
  user_agent: nullable(Type.String()),
  is_current: Type.Boolean(),
  created_at: epochSeconds,
  last_used_at: epochSeconds,
  expires_at: epochSeconds,
});

export const sessionInfoSchema = Type.Object({
  user: Type.Object({
    id: Type.String(),
    username: Type.String(),
    email: Type.String(),
    has_password: Type.Boolean(),
  }),
  workspaces: Type.Array(
    Type.Object({ id: Type.String(), orgname: Type.String(), name: Type.String(), role: roleSchema }),
  ),
  session: sessionSchema,
  csrf_token: Type.String({
    description: "To be sent as `x-csrf-token` with every request of this session that changes something.",
  }),
});

/** What every login answers; the session itself comes as a cookie. */
const loggedIn = dataOf(sessionInfoSchema);

const ofEverybody = { tag: "Logins", access: "public", handlesPasswords: true, status: 200 } as const;
const ofSession = { tag: "Logins", access: "session", role: "viewer" } as const;

export const loginOperations = {
  getLoginOptions: operation({
    id: "getLoginOptions",
    method: "GET",
    path: "/auth/options",
    summary: "How people can log in to this instance",
    tag: "Logins",
    access: "public",
    status: 200,
    reply: dataOf(
      Type.Object({
        setup_required: Type.Boolean({ description: "The owner has not set a password yet." }),
        sign_up: Type.Union([Type.Literal("open"), Type.Literal("invite"), Type.Literal("closed")]),
        password_min_length: Type.Integer(),
        password_reset: Type.Boolean({ description: "Links to set a new password can be mailed." }),
        oidc: nullable(
          Type.Object({ name: Type.String(), url: Type.String({ description: "Send the browser there." }) }),
        ),
      }),
    ),
  }),
  setUp: operation({
    ...ofEverybody,
    id: "setUp",
    method: "POST",
    path: "/auth/setup",
    summary: "Give the first user an email and a password",
    description: "Once, with the token that the first start prints and leaves in `credentials.json`.",
    body: Type.Object({ token: oneTimeToken, email: emailSchema, password, username }),
    reply: loggedIn,
  }),
  signUp: operation({
    ...ofEverybody,
    id: "signUp",
    method: "POST",
    path: "/auth/signup",
    summary: "Make an account",
    description: "With an invitation, or without one where the instance is open to all.",
    body: Type.Object({
      email: Type.Optional(emailSchema),
      password,
      username,
      invitation_token: Type.Optional(oneTimeToken),
    }),
    reply: loggedIn,
  }),
  logIn: operation({
    ...ofEverybody,
    id: "logIn",
    method: "POST",
    path: "/auth/login",
    summary: "Log in with email and password",
    description: "401 for a wrong email or password alike; 429 with `Retry-After` after too many attempts.",
    body: Type.Object({ email: Type.String({ maxLength: 254 }), password }),
    reply: loggedIn,
  }),
  requestPasswordReset: operation({
    ...ofEverybody,
    id: "requestPasswordReset",
    method: "POST",
    path: "/auth/password_reset",
    summary: "Have a link mailed by which to set a new password",
    description: "The answer is the same whether or not there is such a user.",
    body: Type.Object({ email: emailSchema }),
    status: 202,
    reply: emptyReply,
  }),
  resetPassword: operation({
    ...ofEverybody,
    id: "resetPassword",
    method: "POST",
    path: "/auth/password_reset/finish",
    summary: "Set a new password with a mailed link, and log in",
    description: "All other sessions of the user end.",
    body: Type.Object({ token: oneTimeToken, password }),
    reply: loggedIn,
  }),
  beginOidcLogin: operation({
    id: "beginOidcLogin",
    method: "GET",
    path: "/auth/oidc/start",
    summary: "Log in at the instance's identity provider",
    description: "For browsers: redirects to the provider.",
    tag: "Logins",
    access: "public",
    query: Type.Object({
      return_to: Type.Optional(Type.String({ maxLength: 2_000, description: "Path of this instance to end at." })),
    }),
    status: 302,
    reply: emptyReply,
  }),
  finishOidcLogin: operation({
    id: "finishOidcLogin",
    method: "GET",
    path: "/auth/oidc/callback",
    summary: "Where the identity provider sends the browser back to",
    tag: "Logins",
    access: "public",
    query: Type.Object({
      code: Type.Optional(Type.String()),
      state: Type.Optional(Type.String()),
      iss: Type.Optional(Type.String()),
      error: Type.Optional(Type.String()),
      error_description: Type.Optional(Type.String()),
    }),
    status: 302,
    reply: emptyReply,
  }),
};

export const sessionOperations = {
  getSession: operation({
    ...ofSession,
    id: "getSession",
    method: "GET",
    path: "/auth/session",
    summary: "Who is logged in, with the token that changes need",
    status: 200,
    reply: loggedIn,
  }),
  listSessions: operation({
    ...ofSession,
    id: "listSessions",
    method: "GET",
    path: "/auth/sessions",
    summary: "List the browsers that are logged in as the current user",
    query: Type.Object({ ...pageParameters }),
    status: 200,
    reply: pageOf(sessionSchema),
  }),
  deleteSession: operation({
    ...ofSession,
    id: "deleteSession",
    method: "DELETE",
    path: "/auth/sessions/:session_id",
    summary: "Log a browser out",
    params: Type.Object({ session_id: Type.String() }),
    status: 204,
    reply: noContent,
  }),
  logOut: operation({
    ...ofSession,
    id: "logOut",
    method: "POST",
    path: "/auth/logout",
    summary: "Log this browser out",
    status: 204,
    reply: noContent,
  }),
  logOutEverywhere: operation({
    ...ofSession,
    id: "logOutEverywhere",
    method: "POST",
    path: "/auth/logout_everywhere",
    summary: "Log out all browsers of the current user, this one too",
    status: 204,
    reply: noContent,
  }),
  changePassword: operation({
    ...ofSession,
    id: "changePassword",
    method: "POST",
    path: "/auth/password",
    summary: "Change the password",
    description: "All other sessions of the user end. A user who has none yet leaves `current_password` out.",
    handlesPasswords: true,
    body: Type.Object({ current_password: Type.Optional(password), new_password: password }),
    status: 204,
    reply: noContent,
  }),
};
