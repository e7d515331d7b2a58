import { oauthClientOperations } from "@millrace/contract";
import type { OauthClients } from "../../../accounts/index.ts";
import { route, type Route } from "../../route.ts";

export function deleteOauthClient(services: { oauthClients: OauthClients }): Route {
  return route(oauthClientOperations.deleteOauthClient, async (request) => {
    const { workspace_id, client_id: clientId } = request.input;
    await services.oauthClients.delete({ orgId: request.memberOf(workspace_id), clientId });
    return undefined;
  });
}
