import { oauthAppOperations } from "@millrace/contract";
import { pageReply, pageRequestOf } from "../../../core/index.ts";
import { route, type Route } from "../../route.ts";
import type { ApiServices } from "../../services.ts";
import { oauthAppOf } from "./oauth-app-view.ts";

export function listOauthApps({ oauthApps, connections }: Pick<ApiServices, "oauthApps" | "connections">): Route {
  return route(oauthAppOperations.listOauthApps, async ({ input, orgIds }) => {
    const page = await oauthApps.list({ orgIds, app: input.app }, pageRequestOf(input));
    return pageReply(page, {
      idOf: (row) => row.oauth_app_id,
      itemOf: (row) => oauthAppOf(row, connections.redirectUri),
    });
  });
}
