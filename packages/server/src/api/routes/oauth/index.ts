/** OAuth's own endpoints: access tokens by client credentials. */
import type { Route } from "../../route.ts";
import type { ApiServices } from "../../services.ts";
import { createAccessToken } from "./createAccessToken.ts";
import { revokeAccessToken } from "./revokeAccessToken.ts";

export function oauthRoutes(services: Pick<ApiServices, "accessTokens">): Route[] {
  return [createAccessToken(services), revokeAccessToken(services)];
}
