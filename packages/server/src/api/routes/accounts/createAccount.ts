import { accountOperations } from "@millrace/contract";
import type { JsonObject } from "@millrace/runner";
import type { Accounts } from "../../../accounts/index.ts";
import { route, type Route } from "../../route.ts";
import { accountOf } from "./account-view.ts";

export function createAccount(services: { accounts: Accounts }): Route {
  return route(accountOperations.createAccount, async (request) => {
    const { input } = request;
    const account = await services.accounts.create(request.orgId(), {
      actor: { principal: request.principal, ip: request.ip },
      app: input.app,
      name: input.name,
      credentials: input.credentials as JsonObject,
      externalUserId: input.external_user_id,
      oauthAppId: input.oauth_app_id,
      test: input.test,
    });
    return { data: accountOf(account) };
  });
}
