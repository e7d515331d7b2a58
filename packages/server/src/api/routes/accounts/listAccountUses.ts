import { accountUseOperations } from "@millrace/contract";
import type { Accounts } from "../../../accounts/index.ts";
import type { AccountUses } from "../../../workflows/index.ts";
import { route, type Route } from "../../route.ts";

export function listAccountUses(services: { accounts: Accounts; accountUses: AccountUses }): Route {
  return route(accountUseOperations.listAccountUses, async (request) => {
    const account = await services.accounts.find(request.orgIds, request.input.account_id);
    const { sources, workflows } = await services.accountUses.of(account.org_id, account.account_id);
    return { data: { sources: [...sources], workflows: [...workflows] } };
  });
}
