import type { OidcLogins } from "../../../accounts/logins/index.ts";
import { notFound } from "../../../core/index.ts";

/** @throws ApiError 404 where people log in with passwords only */
export function oidcOf({ oidc }: { oidc: OidcLogins | null }): OidcLogins {
  if (!oidc) throw notFound("An identity provider");
  return oidc;
}
