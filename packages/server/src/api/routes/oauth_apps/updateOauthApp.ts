import { oauthAppOperations } from "@millrace/contract";
import { route, type Route } from "../../route.ts";
import type { ApiServices } from "../../services.ts";
import { oauthAppOf } from "./oauth-app-view.ts";

export function updateOauthApp({ oauthApps, connections }: Pick<ApiServices, "oauthApps" | "connections">): Route {
  return route(oauthAppOperations.updateOauthApp, async ({ input, orgIds, auditNote }) => {
    const row = await oauthApps.update(orgIds, input.oauth_app_id, {
      name: input.name,
      description: input.description,
      clientId: input.client_id,
      clientSecret: input.client_secret,
      scopes: input.scopes,
      additionalScopes: input.additional_scopes,
      authorizeParams: input.authorize_params,
    });
    auditNote.orgId = row.org_id;
    return { data: oauthAppOf(row, connections.redirectUri) };
  });
}
