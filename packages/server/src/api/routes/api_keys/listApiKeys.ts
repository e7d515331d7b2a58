import { apiKeyOperations } from "@millrace/contract";
import type { ApiKeys } from "../../../accounts/index.ts";
import { pageReply, pageRequestOf } from "../../../core/index.ts";
import { asUser } from "../../request.ts";
import { route, type Route } from "../../route.ts";
import { apiKeyOf } from "./api-key-view.ts";

export function listApiKeys(services: { apiKeys: ApiKeys }): Route {
  return route(apiKeyOperations.listApiKeys, async (request) => {
    const scope = { orgId: request.memberOf(request.input.workspace_id), userId: asUser(request.principal).userId };
    const page = await services.apiKeys.list(scope, pageRequestOf(request.input));
    return pageReply(page, { idOf: (row) => row.api_key_id, itemOf: apiKeyOf });
  });
}
