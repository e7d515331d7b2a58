import { accountOperations } from "@millrace/contract";
import type { Accounts } from "../../../accounts/index.ts";
import { route, type Route } from "../../route.ts";
import { accountOf, revealed } from "./account-view.ts";

export function getAccount(services: { accounts: Accounts }): Route {
  return route(accountOperations.getAccount, async (request) => {
    const account = await services.accounts.find(request.orgIds, request.input.account_id);
    if (request.input.include_credentials !== true) return { data: accountOf(account) };
    const [open] = await revealed(services.accounts, request, [account]);
    return { data: open ?? accountOf(account) };
  });
}
