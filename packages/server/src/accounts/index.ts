/** Who may do what, and with which secrets: users, workspaces, keys, the vault, connected accounts and their apps. */
export { Accounts, type AccountRow } from "./accounts.ts";
export { ApiKeys, type ApiKeyRow } from "./api-keys.ts";
export { Apps, type AppRow } from "./apps.ts";
export { AuditLog, type Actor } from "./audit-log.ts";
export { ensureFirstUser, type FirstCredentials } from "./first-user.ts";
export { IdempotencyStore, type IdempotentAnswer } from "./idempotency.ts";
export { AccessTokens, OauthClients, type OauthClientRow } from "./oauth-server/index.ts";
export { Projects, type ProjectRow } from "./projects.ts";
export { Users } from "./users.ts";
export { Vault, type SealedText } from "./vault.ts";
export { workspaceOf, Workspaces } from "./workspaces.ts";
export { secretHash } from "./secret-hash.ts";
