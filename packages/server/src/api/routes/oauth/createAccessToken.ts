import { oauthOperations } from "@millrace/contract";
import type { AccessTokens } from "../../../accounts/index.ts";
import { ApiError } from "../../../core/index.ts";
import { route, type Route } from "../../route.ts";
import { clientCredentialsOf } from "./client-credentials.ts";

export function createAccessToken(services: { accessTokens: AccessTokens }): Route {
  return route(oauthOperations.createAccessToken, async (request, raw) => {
    const { grant_type: grantType, scope } = request.input;
    if (grantType === undefined) throw new ApiError("invalid_request", "grant_type is missing");
    if (grantType !== "client_credentials") {
      throw new ApiError("unsupported_grant_type", "The only grant_type is client_credentials");
    }
    const issued = await services.accessTokens.issue(clientCredentialsOf(request, raw), scope);
    return {
      access_token: issued.token,
      token_type: "Bearer" as const,
      expires_in: issued.expiresInSeconds,
      created_at: Math.floor(issued.createdAtMs / 1000),
      scope: issued.scopes.join(" "),
    };
  });
}
