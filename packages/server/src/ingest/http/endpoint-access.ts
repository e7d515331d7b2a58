import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { scopesAllow, type Principal } from "../../core/index.ts";
import type { Endpoint } from "../../sources/index.ts";

export interface AccessRequest {
  readonly endpoint: Endpoint;
  /** The `Authorization` header. */
  readonly authorization: string | undefined;
  /** Whose API token it is; null for none that is valid. */
  authenticate(token: string): Promise<Principal | null>;
}

/** Whether a request may reach its endpoint: those of sources and most of workflows are open to all. */
export function mayReach(request: AccessRequest): boolean | Promise<boolean> {
  const wanted = request.endpoint.behavior?.authorization;
  if (!wanted || wanted.kind === "none") return true;
  const token = /^Bearer +(\S.*?) *$/i.exec(request.authorization ?? "")?.[1];
  if (token === undefined) return false;
  if (wanted.kind === "oauth") return isClientOf(request, token);
  const hash = createHash("sha256").update(token, "utf8").digest();
  const expected = Buffer.from(wanted.hash, "hex");
  return hash.length === expected.length && timingSafeEqual(hash, expected);
}

/** The headers of a request without what let it in: no event may hold that. Where anyone may come in, nothing did. */
export function withoutKey({ behavior }: Endpoint, headers: IncomingHttpHeaders): IncomingHttpHeaders {
  if ((behavior?.authorization.kind ?? "none") === "none") return headers;
  const { authorization: _key, ...others } = headers;
  return others;
}

/** Scopes that let a token start a workflow. */
const INVOKING_SCOPES = ["write", "connect:workflow:invoke"];

/** An access token of one of the workspace's own OAuth clients, unless it was limited to something else. */
async function isClientOf({ endpoint, authenticate }: AccessRequest, token: string): Promise<boolean> {
  const principal = await authenticate(token);
  if (principal?.kind !== "client" || !principal.orgIds.includes(endpoint.orgId)) return false;
  return INVOKING_SCOPES.some((scope) => scopesAllow(principal.scopes, scope));
}
