/** Who may do what, and with which secrets: users, workspaces, keys, the vault, connected accounts and their apps. */
export type { AccountRow } from "./account-rows.ts";
export { Accounts } from "./accounts.ts";
export { ApiKeys, type ApiKeyRow } from "./api-keys.ts";
export { Apps, type AppRow } from "./apps.ts";
export { AuditLog, type Actor, type AuditDetails, type ShownAuditRow } from "./audit-log.ts";
export { ConnectProblem, Connections, type ConnectionStep, type ConnectionView } from "./connect/index.ts";
export { ensureFirstUser, type FirstCredentials } from "./first-user.ts";
export { IdempotencyStore, type IdempotentAnswer } from "./idempotency.ts";
export { KeyRetirement } from "./key-retirement.ts";
export { AccessTokens, OauthClients, type OauthClientRow } from "./oauth-server/index.ts";
export { PrincipalCache } from "./principal-cache.ts";
export {
  OauthApps,
  ProviderAccess,
  readInstanceClients,
  type InstanceClient,
  type OauthAppRow,
} from "./oauth-apps/index.ts";
export { Projects, type ProjectRow } from "./projects.ts";
export { Refresher } from "./refresh/index.ts";
export { RequestSigner } from "./request-signer.ts";
export { Users } from "./users.ts";
export { Vault, type SealedText } from "./vault.ts";
export { Usage, type UsageDay } from "./usage.ts";
export { Workspaces } from "./workspaces.ts";
export { secretHash } from "./secret-hash.ts";
