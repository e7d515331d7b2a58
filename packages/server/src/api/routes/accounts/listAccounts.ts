import { accountOperations } from "@millrace/contract";
import type { Accounts } from "../../../accounts/index.ts";
import { pageReply, pageRequestOf } from "../../../core/index.ts";
import { route, type Route } from "../../route.ts";
import { accountOf, revealed } from "./account-view.ts";

export function listAccounts(services: { accounts: Accounts }): Route {
  return route(accountOperations.listAccounts, async (request) => {
    const { input } = request;
    const filter = {
      orgIds: request.orgIds,
      app: input.app,
      oauthAppId: input.oauth_app_id,
      externalUserId: input.external_user_id,
    };
    const page = await services.accounts.list(filter, pageRequestOf(input));
    const reply = pageReply(page, { idOf: (row) => row.account_id, itemOf: accountOf });
    if (input.include_credentials !== true) return reply;
    return { ...reply, data: await revealed(services.accounts, request, page.rows) };
  });
}
