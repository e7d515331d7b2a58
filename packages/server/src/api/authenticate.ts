import type { Operation } from "@millrace/contract";
import type { FastifyRequest } from "fastify";
import { isCsrfTokenOf } from "../accounts/logins/index.ts";
import { ApiError, type Principal } from "../core/index.ts";
import { readCookies, type BrowserCookies } from "./browser-cookies.ts";

/** What tells who is calling. */
export interface AuthenticationPorts {
  /** Whose token it is (an API key, or an OAuth access token); null for none that is valid. */
  authenticate(token: string): Promise<Principal | null>;
  cookies: BrowserCookies;
  sessions: {
    /** Whose session a cookie's token opens; null for none that counts. */
    authenticate(token: string): Promise<Principal | null>;
  };
}

/**
 * Who sent a request, as far as an operation asks; null for a public operation. Runs before the body is read.
 * @throws ApiError 401 without a valid token or session; 403 `user_key_required` for a caller who is no user where one is
 * needed, `session_required` for one who is not logged in, `forbidden` for a page of another site
 */
export async function authenticateCaller(
  request: FastifyRequest,
  operation: Operation,
  ports: AuthenticationPorts,
): Promise<Principal | null> {
  const { access } = operation;
  if (operation.handlesPasswords && ports.cookies.isFromOwnPage(request.headers) === false) throw foreignPage();
  if (access === "public") return null;
  const sessionToken = ports.cookies.read(readCookies(request.headers.cookie), "session");
  const caller =
    request.headers.authorization === undefined && sessionToken !== null
      ? await callerBySession(request, sessionToken, ports)
      : await callerByToken(request, ports);
  if (access === "user_key" && caller.kind !== "user") {
    throw new ApiError("user_key_required", "This operation needs a user API key");
  }
  if (access === "session" && !(caller.kind === "user" && caller.credential.kind === "session")) {
    throw new ApiError("session_required", "This operation is for browsers that are logged in");
  }
  return caller;
}

/** Names what a caller proved itself with, for logs. */
export function credentialId(caller: Principal): string {
  return caller.kind === "user" ? caller.credential.id : caller.clientId;
}

async function callerByToken(request: FastifyRequest, ports: AuthenticationPorts): Promise<Principal> {
  const token = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? "")?.[1];
  if (token === undefined) throw new ApiError("unauthorized", "Send a token: `Authorization: Bearer <token>`");
  const principal = await ports.authenticate(token);
  if (principal === null) throw new ApiError("unauthorized", "The token is unknown, expired or revoked");
  return principal;
}

/** A cookie comes along by itself, so whatever changes something must show that a page of ours sent it. */
async function callerBySession(
  request: FastifyRequest,
  token: string,
  { cookies, sessions }: AuthenticationPorts,
): Promise<Principal> {
  const principal = await sessions.authenticate(token);
  if (principal === null) throw new ApiError("unauthorized", "The session has ended; log in again");
  if (request.method === "GET" || request.method === "HEAD") return principal;
  if (cookies.isFromOwnPage(request.headers) !== true) throw foreignPage();
  const csrfToken = request.headers["x-csrf-token"];
  if (typeof csrfToken !== "string" || !isCsrfTokenOf(token, csrfToken)) {
    throw new ApiError("forbidden", "Send the session's csrf_token as `x-csrf-token`");
  }
  return principal;
}

function foreignPage(): ApiError {
  return new ApiError("forbidden", "This was sent by a page of another site");
}
