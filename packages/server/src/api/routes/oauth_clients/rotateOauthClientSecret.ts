import { oauthClientOperations } from "@millrace/contract";
import type { ApiKeys, OauthClients } from "../../../accounts/index.ts";
import { asUser } from "../../request.ts";
import { route, type Route } from "../../route.ts";
import { oauthClientOf } from "./oauth-client-view.ts";

const DAY_SECONDS = 86_400;

export function rotateOauthClientSecret(services: { oauthClients: OauthClients; apiKeys: ApiKeys }): Route {
  return route(oauthClientOperations.rotateOauthClientSecret, async (request) => {
    const { workspace_id, client_id: clientId, overlap_seconds = DAY_SECONDS } = request.input;
    const orgId = request.memberOf(workspace_id);
    await services.apiKeys.assertUnlimited(asUser(request.principal));
    const { secret, row } = await services.oauthClients.rotateSecret({ orgId, clientId }, overlap_seconds * 1000);
    return { data: { ...oauthClientOf(row), client_secret: secret } };
  });
}
