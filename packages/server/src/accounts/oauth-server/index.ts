/** The instance as an OAuth server: clients of workspaces, their access tokens, and the keys that sign them. */
export { AccessTokens, type IssuedToken } from "./access-tokens.ts";
export { mintOauthClient } from "./mint-client.ts";
export { OauthClients, type OauthClientRow } from "./oauth-clients.ts";
