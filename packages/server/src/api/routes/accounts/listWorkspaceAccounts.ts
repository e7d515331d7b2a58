import { accountOperations } from "@millrace/contract";
import type { Accounts } from "../../../accounts/index.ts";
import { pageReply, pageRequestOf } from "../../../core/index.ts";
import { route, type Route } from "../../route.ts";

export function listWorkspaceAccounts(services: { accounts: Accounts }): Route {
  return route(accountOperations.listWorkspaceAccounts, async (request) => {
    const filter = { orgIds: [request.memberOf(request.input.workspace_id)], app: request.input.query };
    const page = await services.accounts.list(filter, pageRequestOf(request.input));
    return pageReply(page, {
      idOf: (row) => row.account_id,
      itemOf: (row) => ({ id: row.account_id, name: row.name }),
    });
  });
}
