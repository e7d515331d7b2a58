/** Who may do what, and with which secrets: users, workspaces, keys, the vault, connected accounts and their apps. */
export {
  Accounts,
  type AccountChange,
  type AccountRow,
  type AccountsOptions,
  type AccountWithCredentials,
  type NewAccount,
} from "./accounts.ts";
export { ApiKeys, type ApiKeyRow, type ApiKeyScope, type NewApiKey } from "./api-keys.ts";
export { Apps, type AppRow } from "./apps.ts";
export { AuditLog, type Actor, type AuditAction, type AuditEntry } from "./audit-log.ts";
export { ensureFirstUser, type FirstCredentials, type FirstUserOptions } from "./first-user.ts";
export { IdempotencyStore, type IdempotentAnswer, type IdempotentRequest } from "./idempotency.ts";
export { Projects, type ProjectRow } from "./projects.ts";
export { Users, type CurrentUser, type UsersOptions } from "./users.ts";
export { Vault, VaultError, type SealedText } from "./vault.ts";
export { workspaceOf, Workspaces, type Workspace, type WorkspaceRow } from "./workspaces.ts";
