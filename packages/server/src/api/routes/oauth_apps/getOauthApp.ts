import { oauthAppOperations } from "@millrace/contract";
import { route, type Route } from "../../route.ts";
import type { ApiServices } from "../../services.ts";
import { oauthAppOf } from "./oauth-app-view.ts";

export function getOauthApp({ oauthApps, connections }: Pick<ApiServices, "oauthApps" | "connections">): Route {
  return route(oauthAppOperations.getOauthApp, async ({ input, orgIds }) => {
    const row = await oauthApps.find(orgIds, input.oauth_app_id);
    return { data: oauthAppOf(row, connections.redirectUri) };
  });
}
