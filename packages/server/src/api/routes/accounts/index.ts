/** Connected accounts. */
import type { Route } from "../../route.ts";
import type { ApiServices } from "../../services.ts";
import { createAccount } from "./createAccount.ts";
import { deleteAccount } from "./deleteAccount.ts";
import { getAccount } from "./getAccount.ts";
import { listAccounts } from "./listAccounts.ts";
import { listWorkspaceAccounts } from "./listWorkspaceAccounts.ts";
import { updateAccount } from "./updateAccount.ts";

export function accountRoutes(services: Pick<ApiServices, "accounts">): Route[] {
  return [
    createAccount(services),
    deleteAccount(services),
    getAccount(services),
    listAccounts(services),
    listWorkspaceAccounts(services),
    updateAccount(services),
  ];
}
