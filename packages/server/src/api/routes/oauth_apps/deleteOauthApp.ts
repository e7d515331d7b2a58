import { oauthAppOperations } from "@millrace/contract";
import { route, type Route } from "../../route.ts";
import type { ApiServices } from "../../services.ts";

export function deleteOauthApp({ oauthApps }: Pick<ApiServices, "oauthApps">): Route {
  return route(oauthAppOperations.deleteOauthApp, async ({ input, orgIds, auditNote }) => {
    auditNote.orgId = await oauthApps.delete(orgIds, input.oauth_app_id);
    return undefined;
  });
}
