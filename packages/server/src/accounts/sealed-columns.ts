import type { JsonObject } from "@millrace/runner";
import type { Vault } from "./vault.ts";

/** Credentials as an account's row keeps them. @throws VaultError */
export async function sealedColumns(vault: Vault, orgId: string, credentials: JsonObject) {
  const { vaultKeyId, sealed } = await vault.seal(orgId, JSON.stringify(credentials));
  return { vault_key_id: vaultKeyId, sealed_credentials: sealed };
}

/** What new credentials leave of the old ones' troubles and times: nothing. */
export const settledColumns = {
  healthy: true,
  dead: false,
  error: null,
  credentials_expire_at_ms: null,
  last_refreshed_at_ms: null,
  next_refresh_at_ms: null,
  refresh_failures: 0,
  refresh_id: null,
  refresh_until_ms: null,
  refresh_unsure: false,
};
