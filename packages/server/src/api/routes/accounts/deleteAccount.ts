import { accountOperations } from "@millrace/contract";
import type { Accounts } from "../../../accounts/index.ts";
import { route, type Route } from "../../route.ts";

export function deleteAccount(services: { accounts: Accounts }): Route {
  return route(accountOperations.deleteAccount, async (request) => {
    const revocation = await services.accounts.delete(request.orgIds, request.input.account_id);
    request.auditNote.details = { tokens: revocation };
    return undefined;
  });
}
