import { apiKeyOperations } from "@millrace/contract";
import type { ApiKeys } from "../../../accounts/index.ts";
import { asUser } from "../../request.ts";
import { route, type Route } from "../../route.ts";
import { apiKeyOf } from "./api-key-view.ts";

export function createApiKey(services: { apiKeys: ApiKeys }): Route {
  return route(apiKeyOperations.createApiKey, async (request) => {
    const { input } = request;
    const orgId = request.memberOf(input.workspace_id);
    const { key, row } = await services.apiKeys.createBy(asUser(request.principal), {
      orgId,
      name: input.name,
      scopes: input.scopes ?? [],
      expiresAtMs: input.expires_at === undefined ? null : input.expires_at * 1000,
    });
    return { data: { ...apiKeyOf(row), key } };
  });
}
