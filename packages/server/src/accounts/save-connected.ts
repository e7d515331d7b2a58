import type { JsonObject } from "@millrace/runner";
import { newId } from "../core/index.ts";
import type { Database } from "../db/index.ts";
import { sealedColumns, settledColumns } from "./sealed-columns.ts";
import type { Vault } from "./vault.ts";

/** An account as a person has just connected it. */
export interface ConnectedAccount {
  orgId: string;
  /** Null: a new one. One that is connected again keeps its id, and everything that is configured with it. */
  accountId: string | null;
  userId: string | null;
  appId: string;
  oauthAppId: string | null;
  name: string | null;
  externalUserId: string | null;
  projectId: string | null;
  environment: string | null;
  credentials: JsonObject;
  healthy: boolean;
  error: string | null;
  times?: {
    credentials_expire_at_ms: number | null;
    last_refreshed_at_ms: number;
    next_refresh_at_ms: number | null;
    authorized_scopes?: string[];
  };
}

/** Writes a connected account down. @returns its id; null when the account to connect again is gone */
export async function saveConnected(
  { db, vault }: { db: Database; vault: Vault },
  account: ConnectedAccount,
): Promise<string | null> {
  const { orgId, accountId, healthy, error } = account;
  const nowMs = Date.now();
  const columns = {
    ...settledColumns,
    ...account.times,
    ...(await sealedColumns(vault, orgId, account.credentials)),
    ...{ oauth_app_id: account.oauthAppId, healthy, error, updated_at_ms: nowMs },
  };
  if (accountId !== null) {
    const { numUpdatedRows } = await db.kysely
      .updateTable("accounts")
      .set((eb) => ({ ...columns, credentials_version: eb("credentials_version", "+", 1) }))
      .where("org_id", "=", orgId)
      .where("account_id", "=", accountId)
      .executeTakeFirst();
    return numUpdatedRows > 0n ? accountId : null;
  }
  const row = {
    ...{
      org_id: orgId,
      account_id: newId("account"),
      user_id: account.userId,
      app_id: account.appId,
      name: account.name,
    },
    ...{ external_user_id: account.externalUserId, project_id: account.projectId, environment: account.environment },
    ...columns,
    created_at_ms: nowMs,
  };
  await db.kysely.insertInto("accounts").values(row).execute();
  return row.account_id;
}
