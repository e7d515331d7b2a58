import { oauthOperations } from "@millrace/contract";
import type { AccessTokens } from "../../../accounts/index.ts";
import { ApiError } from "../../../core/index.ts";
import { route, type Route } from "../../route.ts";
import { clientCredentialsOf } from "./client-credentials.ts";

export function revokeAccessToken(services: { accessTokens: AccessTokens }): Route {
  return route(oauthOperations.revokeAccessToken, async (request, raw) => {
    const { token } = request.input;
    if (token === undefined || token === "") throw new ApiError("invalid_request", "token is missing");
    await services.accessTokens.revoke(clientCredentialsOf(request, raw), token);
    return {};
  });
}
