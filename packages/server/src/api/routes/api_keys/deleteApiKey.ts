import { apiKeyOperations } from "@millrace/contract";
import type { ApiKeys } from "../../../accounts/index.ts";
import { asUser } from "../../request.ts";
import { route, type Route } from "../../route.ts";

export function deleteApiKey(services: { apiKeys: ApiKeys }): Route {
  return route(apiKeyOperations.deleteApiKey, async (request) => {
    const { workspace_id, api_key_id } = request.input;
    const orgId = request.memberOf(workspace_id);
    const user = asUser(request.principal);
    await services.apiKeys.revoke({ orgId, userId: user.userId }, api_key_id);
    return undefined;
  });
}
