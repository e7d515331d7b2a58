import { oauthClientOperations } from "@millrace/contract";
import type { ApiKeys, OauthClients } from "../../../accounts/index.ts";
import { ApiError, roleAllows } from "../../../core/index.ts";
import { asUser } from "../../request.ts";
import { route, type Route } from "../../route.ts";
import { oauthClientOf } from "./oauth-client-view.ts";

export function createOauthClient(services: { oauthClients: OauthClients; apiKeys: ApiKeys }): Route {
  return route(oauthClientOperations.createOauthClient, async (request) => {
    const { workspace_id, name, role = "admin", scopes } = request.input;
    const orgId = request.memberOf(workspace_id);
    const user = asUser(request.principal);
    if (!roleAllows(user.roles.get(orgId) ?? "viewer", role)) {
      throw new ApiError("forbidden", `A client of the role ${role} would be stronger than you are`);
    }
    await services.apiKeys.assertUnlimited(user);
    const { secret, row } = await services.oauthClients.create({ orgId, name, role, ...(scopes && { scopes }) });
    return { data: { ...oauthClientOf(row), client_secret: secret } };
  });
}
