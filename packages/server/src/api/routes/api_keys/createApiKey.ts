import { apiKeyOperations } from "@millrace/contract";
import type { ApiKeys, AuditLog } from "../../../accounts/index.ts";
import { asUser } from "../../request.ts";
import { route, type Route } from "../../route.ts";
import { apiKeyOf } from "./api-key-view.ts";

export function createApiKey(services: { apiKeys: ApiKeys; audit: AuditLog }): Route {
  return route(apiKeyOperations.createApiKey, async (request) => {
    const { input } = request;
    const orgId = request.memberOf(input.workspace_id);
    const user = asUser(request.principal);
    const { key, row } = await services.apiKeys.create({
      userId: user.userId,
      orgId,
      name: input.name,
      scopes: input.scopes ?? [],
      expiresAtMs: input.expires_at === undefined ? null : input.expires_at * 1000,
    });
    const actor = { principal: user, ip: request.ip };
    await services.audit.record(actor, [{ orgId, action: "api_key.created", subject: row.api_key_id }]);
    return { data: { ...apiKeyOf(row), key } };
  });
}
