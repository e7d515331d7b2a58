import { accountOperations } from "@millrace/contract";
import type { JsonObject } from "@millrace/runner";
import type { Accounts } from "../../../accounts/index.ts";
import { route, type Route } from "../../route.ts";
import { accountOf } from "./account-view.ts";

export function updateAccount(services: { accounts: Accounts }): Route {
  return route(accountOperations.updateAccount, async (request) => {
    const { input } = request;
    const account = await services.accounts.find(request.orgIds, input.account_id);
    const updated = await services.accounts.update(account, {
      name: input.name,
      credentials: input.credentials as JsonObject | undefined,
      externalUserId: input.external_user_id,
    });
    return { data: accountOf(updated) };
  });
}
