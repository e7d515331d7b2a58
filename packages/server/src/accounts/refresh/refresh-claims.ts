import { sql } from "kysely";
import type { Database } from "../../db/index.ts";

/** What decides whether an account is still as its reader saw it. */
export interface SeenState {
  credentials_version: number;
  refresh_failures: number;
}

/** An account that this attempt holds: nobody else asks its provider until the lease ends. */
export interface RefreshClaim extends SeenState {
  org_id: string;
  account_id: string;
  app_id: string;
  oauth_app_id: string | null;
  vault_key_id: string;
  sealed_credentials: string;
  /** An earlier attempt asked the provider, and nobody knows what came of it. */
  refresh_unsure: boolean;
}

export type ClaimOutcome =
  | { readonly state: "claimed"; readonly claim: RefreshClaim }
  /** Another attempt holds it. */
  | { readonly state: "held" }
  /** There is nothing to do any more: it was refreshed, has failed, or is gone. */
  | { readonly state: "settled" };

export interface ClaimRequest {
  orgId: string;
  accountId: string;
  seen: SeenState;
  refreshId: string;
  leaseMs: number;
}

const NOW = sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`;

type ClaimRow = RefreshClaim & { is_held: boolean; is_claimed: boolean };

/**
 * Takes an account for one attempt, and writes down in the same step that its provider is about to be asked: if this
 * process dies from here on, whoever comes next knows.
 */
export async function claimRefresh(db: Database, request: ClaimRequest): Promise<ClaimOutcome> {
  const { orgId, accountId, seen, refreshId, leaseMs } = request;
  const { rows } = await sql<ClaimRow>`with account as (
      select org_id, account_id, app_id, oauth_app_id, vault_key_id, sealed_credentials, credentials_version,
        refresh_failures, refresh_unsure, refresh_id is not null and refresh_until_ms >= ${NOW} as is_held
      from accounts where org_id = ${orgId} and account_id = ${accountId} for update
    ), claimed as (
      update accounts a set refresh_id = ${refreshId}, refresh_until_ms = ${NOW} + ${leaseMs}::bigint, refresh_unsure = true
      from account f
      where a.org_id = f.org_id and a.account_id = f.account_id and not f.is_held
        and f.credentials_version = ${seen.credentials_version} and f.refresh_failures = ${seen.refresh_failures}
      returning true
    ) select account.*, exists (select from claimed) as is_claimed from account`.execute(db.kysely);
  const [row] = rows;
  if (row?.is_claimed) return { state: "claimed", claim: row };
  const isUnchanged =
    row?.credentials_version === seen.credentials_version && row.refresh_failures === seen.refresh_failures;
  return { state: row?.is_held && isUnchanged ? "held" : "settled" };
}

/** New tokens, written if the account's credentials are still those that were refreshed. */
export async function keepTokens(
  db: Database,
  claim: RefreshClaim,
  columns: Readonly<Record<string, unknown>> & { vault_key_id: string; sealed_credentials: string },
): Promise<boolean> {
  const { numUpdatedRows } = await db.kysely
    .updateTable("accounts")
    .set({
      ...columns,
      credentials_version: claim.credentials_version + 1,
      ...{ healthy: true, dead: false, error: null, updated_at_ms: Date.now() },
      ...{ refresh_failures: 0, refresh_id: null, refresh_until_ms: null, refresh_unsure: false },
    })
    .where("org_id", "=", claim.org_id)
    .where("account_id", "=", claim.account_id)
    .where("credentials_version", "=", claim.credentials_version)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

export interface RefreshFailure {
  error: string;
  /** Trying again is of no use. */
  isDead: boolean;
  /** The provider may have taken the refresh token and given new ones that never reached us. */
  isUnsure: boolean;
  retryAtMs: number | null;
}

/** Why an attempt came to nothing, written if it still holds the account. */
export async function keepFailure(
  db: Database,
  claim: RefreshClaim,
  { refreshId, failure }: { refreshId: string; failure: RefreshFailure },
): Promise<void> {
  await db.kysely
    .updateTable("accounts")
    .set({
      ...{ healthy: false, dead: failure.isDead, error: failure.error, updated_at_ms: Date.now() },
      next_refresh_at_ms: failure.isDead ? null : failure.retryAtMs,
      refresh_failures: claim.refresh_failures + 1,
      ...{ refresh_id: null, refresh_until_ms: null, refresh_unsure: failure.isUnsure },
    })
    .where("org_id", "=", claim.org_id)
    .where("account_id", "=", claim.account_id)
    .where("refresh_id", "=", refreshId)
    .execute();
}
