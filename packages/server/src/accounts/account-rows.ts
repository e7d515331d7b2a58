import type { JsonObject } from "@millrace/runner";
import { sql } from "kysely";
import type { Database } from "../db/index.ts";
import type { FreshnessRow } from "./refresh/index.ts";
import type { Vault } from "./vault.ts";

/** A connected account without its credentials. */
export interface AccountRow extends FreshnessRow {
  name: string | null;
  external_user_id: string | null;
  project_id: string | null;
  environment: string | null;
  oauth_app_id: string | null;
  healthy: boolean;
  error: string | null;
  authorized_scopes: string[];
  created_at_ms: number;
  updated_at_ms: number;
  app_id: string;
  app_slug: string;
  app_name: string;
}

export interface AccountWithCredentials extends AccountRow {
  credentials: JsonObject;
}

export interface SealedRow {
  org_id: string;
  account_id: string;
  vault_key_id: string;
  sealed_credentials: string;
}

export const ACCOUNT_COLUMNS = sql`a.org_id, a.account_id, a.name, a.external_user_id, a.project_id, a.environment,
  a.oauth_app_id, a.healthy, a.dead, a.error, a.authorized_scopes, a.credentials_expire_at_ms, a.last_refreshed_at_ms,
  a.next_refresh_at_ms, a.credentials_version, a.refresh_failures, a.created_at_ms, a.updated_at_ms, a.app_id,
  p.name_slug as app_slug, p.name as app_name`;
export const ACCOUNT_FROM = sql`accounts a join apps p on p.app_id = a.app_id`;

/** The accounts of these ids that belong to these workspaces. */
export async function readAccounts(
  db: Database,
  of: { orgIds: readonly string[]; accountIds: readonly string[] },
): Promise<AccountRow[]> {
  const { rows } = await sql<AccountRow>`select ${ACCOUNT_COLUMNS} from ${ACCOUNT_FROM}
    where a.org_id = any(${[...of.orgIds]}) and a.account_id = any(${[...of.accountIds]})`.execute(db.kysely);
  return rows;
}

/** Opened credentials by account id. @throws VaultError */
export async function openCredentials(
  { db, vault }: { db: Database; vault: Vault },
  of: { orgIds: readonly string[]; accountIds: readonly string[] },
): Promise<Map<string, JsonObject>> {
  const { rows } = await db.query<SealedRow>(
    `select org_id, account_id, vault_key_id, sealed_credentials from accounts
     where org_id = any($1) and account_id = any($2)`,
    [[...of.orgIds], [...of.accountIds]],
  );
  const opened = new Map<string, JsonObject>();
  for (const row of rows) opened.set(row.account_id, await openRow(vault, row));
  return opened;
}

export async function openRow(vault: Vault, row: Omit<SealedRow, "account_id">): Promise<JsonObject> {
  return JSON.parse(await vault.open(row.org_id, row.vault_key_id, row.sealed_credentials)) as JsonObject;
}
