import { oauthClientOperations } from "@millrace/contract";
import type { OauthClients } from "../../../accounts/index.ts";
import { pageReply, pageRequestOf } from "../../../core/index.ts";
import { route, type Route } from "../../route.ts";
import { oauthClientOf } from "./oauth-client-view.ts";

export function listOauthClients(services: { oauthClients: OauthClients }): Route {
  return route(oauthClientOperations.listOauthClients, async (request) => {
    const orgId = request.memberOf(request.input.workspace_id);
    const page = await services.oauthClients.list(orgId, pageRequestOf(request.input));
    return pageReply(page, { idOf: (row) => row.client_id, itemOf: oauthClientOf });
  });
}
