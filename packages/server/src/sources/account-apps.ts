import type { Kysely } from "kysely";
import type { Schema } from "../db/index.ts";

/** App slug by id, of those accounts that belong to the workspace. */
export async function appsOfAccounts(
  db: Kysely<Schema>,
  orgId: string,
  accountIds: readonly string[],
): Promise<Map<string, string>> {
  if (accountIds.length === 0) return new Map();
  const rows = await db
    .selectFrom("accounts")
    .innerJoin("apps", "apps.app_id", "accounts.app_id")
    .select(["accounts.account_id", "apps.name_slug"])
    .where("accounts.org_id", "=", orgId)
    .where("accounts.account_id", "in", accountIds)
    .execute();
  return new Map(rows.map((row) => [row.account_id, row.name_slug]));
}

/** Those of the given apps that the catalogue knows to need no account. */
export async function appsWithoutAuth(db: Kysely<Schema>, slugs: readonly string[]): Promise<Set<string>> {
  if (slugs.length === 0) return new Set();
  const rows = await db
    .selectFrom("apps")
    .select("name_slug")
    .where("name_slug", "in", slugs)
    .where("auth_type", "=", "none")
    .execute();
  return new Set(rows.map((row) => row.name_slug));
}
