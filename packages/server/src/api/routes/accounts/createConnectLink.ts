import { accountOperations } from "@millrace/contract";
import { route, type Route } from "../../route.ts";
import type { ApiServices } from "../../services.ts";

const LIFETIME_S = 1_800;

export function createConnectLink({ connections }: Pick<ApiServices, "connections">): Route {
  return route(accountOperations.createConnectLink, async (request) => {
    const { input } = request;
    const { url, expiresAtMs } = await connections.createLink(request.orgId(), {
      principal: request.principal,
      app: input.app,
      accountId: input.account_id,
      oauthAppId: input.oauth_app_id,
      name: input.name,
      externalUserId: input.external_user_id,
      successUrl: input.success_redirect_uri,
      errorUrl: input.error_redirect_uri,
      lifetimeS: input.expires_in ?? LIFETIME_S,
    });
    return { data: { connect_url: url, expires_at: new Date(expiresAtMs).toISOString() } };
  });
}
