import { oauthAppOperations } from "@millrace/contract";
import { route, type Route } from "../../route.ts";
import type { ApiServices } from "../../services.ts";
import { oauthAppOf } from "./oauth-app-view.ts";

export function createOauthApp({ oauthApps, connections }: Pick<ApiServices, "oauthApps" | "connections">): Route {
  return route(oauthAppOperations.createOauthApp, async (request) => {
    const { input } = request;
    const row = await oauthApps.create(request.orgId(), {
      app: input.app,
      name: input.name,
      description: input.description,
      clientId: input.client_id,
      clientSecret: input.client_secret,
      scopes: input.scopes,
      additionalScopes: input.additional_scopes,
      authorizeParams: input.authorize_params,
    });
    return { data: oauthAppOf(row, connections.redirectUri) };
  });
}
