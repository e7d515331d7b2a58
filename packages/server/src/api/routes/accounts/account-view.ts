import type { AccountRow, Accounts, Actor } from "../../../accounts/index.ts";
import { ApiError, limitedToRole, scopesAllow, type Principal } from "../../../core/index.ts";

function isoTime(atMs: number): string {
  return new Date(atMs).toISOString();
}

/** An account as replies show it: without credentials. */
export function accountOf(row: AccountRow) {
  return {
    id: row.account_id,
    created_at: isoTime(row.created_at_ms),
    updated_at: isoTime(row.updated_at_ms),
    name: row.name,
    app: { id: row.app_id, name: row.app_name },
    healthy: row.healthy,
    ...(row.dead && { dead: true }),
    ...(row.error !== null && { error: row.error }),
    ...(row.external_user_id !== null && { external_id: row.external_user_id }),
    ...(row.oauth_app_id !== null && { oauth_app_id: row.oauth_app_id }),
    ...(row.authorized_scopes.length > 0 && { authorized_scopes: row.authorized_scopes }),
    ...(row.last_refreshed_at_ms !== null && { last_refreshed_at: isoTime(row.last_refreshed_at_ms) }),
    ...(row.next_refresh_at_ms !== null && { next_refresh_at: isoTime(row.next_refresh_at_ms) }),
  };
}

/** Who holds credentials can do at the app whatever they allow, so to `read` alone is not enough for them. */
function mayReveal(reader: Principal): boolean {
  if (reader.kind === "user") return !reader.readOnly;
  return ["write", "connect:accounts:read"].some((scope) => scopesAllow(reader.scopes, scope));
}

/** Accounts with credentials, for members; neither viewers nor what may only read get secrets. @throws ApiError 403 */
export async function revealed(accounts: Accounts, reader: Actor, rows: readonly AccountRow[]) {
  if (!mayReveal(reader.principal)) {
    throw new ApiError(
      "forbidden",
      "Reading credentials needs more than the scope read: write, or connect:accounts:read",
    );
  }
  const { orgIds } = limitedToRole(reader.principal, "member");
  if (!rows.every((row) => orgIds.includes(row.org_id))) {
    throw new ApiError("forbidden", "Reading credentials needs the role member or a stronger one in the workspace");
  }
  const opened = await accounts.withCredentials({ principal: reader.principal, ip: reader.ip }, rows);
  return opened.map((account) => ({
    ...accountOf(account),
    expires_at: account.credentials_expire_at_ms === null ? null : isoTime(account.credentials_expire_at_ms),
    credentials: account.credentials,
  }));
}
