/** Our clients at providers: the workspaces' own and the operator's, and the way to a provider with one of them. */
export { readInstanceClients, type InstanceClient } from "./instance-clients.ts";
export { OauthApps, type OauthAppRow } from "./oauth-apps.ts";
export { ProviderAccess, type AppDefinitions } from "./provider-access.ts";
