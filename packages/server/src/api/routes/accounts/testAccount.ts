import { accountOperations } from "@millrace/contract";
import type { Accounts } from "../../../accounts/index.ts";
import { route, type Route } from "../../route.ts";
import { accountOf } from "./account-view.ts";

export function testAccount({ accounts }: { accounts: Accounts }): Route {
  return route(accountOperations.testAccount, async (request) => {
    const { account, isTested } = await accounts.test(request.orgIds, request.input.account_id);
    request.auditNote.orgId = account.org_id;
    return { data: accountOf(account), tested: isTested };
  });
}
