import type { JsonObject } from "@millrace/runner";
import type { ProviderAccess } from "./oauth-apps/index.ts";

/** What telling the provider of an account's end came to; for the audit log. */
export type Revocation = "revoked" | "not_revocable" | "revocation_failed";

/** Takes an account's tokens back at its provider, where that is possible. Never throws: the account is gone either way. */
export async function revokeTokens(
  providers: ProviderAccess,
  account: { org_id: string; app_id: string; oauth_app_id: string | null; credentials: JsonObject },
): Promise<Revocation> {
  const { credentials } = account;
  const { oauth_refresh_token: refreshToken, oauth_access_token: accessToken } = credentials;
  try {
    const of = { appId: account.app_id, oauthAppId: account.oauth_app_id, fields: credentials };
    const provider = account.oauth_app_id === null ? null : await providers.oauth2(account.org_id, of);
    if (!provider) return "not_revocable";
    // With the refresh token the grant ends at most providers; the access token is told besides, if it still can be.
    const hasEnded = typeof refreshToken === "string" && (await provider.client.revoke(refreshToken, "refresh_token"));
    if (typeof accessToken !== "string") return hasEnded ? "revoked" : "not_revocable";
    const end = provider.client.revoke(accessToken, "access_token");
    return (await (hasEnded ? end.catch(() => true) : end)) ? "revoked" : "not_revocable";
  } catch {
    return "revocation_failed";
  }
}
