import type { Access } from "@millrace/contract";
import type { FastifyRequest } from "fastify";
import { ApiError, type Principal } from "../core/index.ts";

/** What tells who is calling. */
export interface AuthenticationPorts {
  /** Whose token it is (an API key, or an OAuth access token); null for none that is valid. */
  authenticate(token: string): Promise<Principal | null>;
}

/**
 * Who sent a request, as far as an operation asks; null for a public operation. Runs before the body is read.
 * @throws ApiError 401 without a valid token, 403 `user_key_required` for a caller who is no user where one is needed
 */
export async function authenticateCaller(
  request: FastifyRequest,
  access: Access,
  ports: AuthenticationPorts,
): Promise<Principal | null> {
  if (access === "public") return null;
  const caller = await callerByToken(request, ports);
  if (access === "user_key" && caller.kind !== "user") {
    throw new ApiError("user_key_required", "This operation needs a user API key");
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
