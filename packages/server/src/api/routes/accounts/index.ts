/** Connected accounts. */
import type { Route } from "../../route.ts";
import type { ApiServices } from "../../services.ts";
import { createAccount } from "./createAccount.ts";
import { createConnectLink } from "./createConnectLink.ts";
import { deleteAccount } from "./deleteAccount.ts";
import { getAccount } from "./getAccount.ts";
import { listAccountUses } from "./listAccountUses.ts";
import { listAccounts } from "./listAccounts.ts";
import { listWorkspaceAccounts } from "./listWorkspaceAccounts.ts";
import { rotateVaultKey } from "./rotateVaultKey.ts";
import { testAccount } from "./testAccount.ts";
import { updateAccount } from "./updateAccount.ts";

export function accountRoutes(
  services: Pick<ApiServices, "accounts" | "accountUses" | "connections" | "keyRetirement">,
): Route[] {
  return [
    createAccount(services),
    createConnectLink(services),
    deleteAccount(services),
    getAccount(services),
    listAccounts(services),
    listAccountUses(services),
    listWorkspaceAccounts(services),
    rotateVaultKey(services),
    testAccount(services),
    updateAccount(services),
  ];
}
