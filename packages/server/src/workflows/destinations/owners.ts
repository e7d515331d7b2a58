import type { Database } from "../../db/index.ts";

/** The address of a user who still belongs to the workspace; null when there is none. */
export async function ownerEmail(db: Database, of: { orgId: string; userId: string | null }): Promise<string | null> {
  const { rows } = await db.query<{ email: string }>(
    "select email from users join memberships using (user_id) where org_id = $1 and user_id = $2",
    [of.orgId, of.userId],
  );
  return rows[0]?.email ?? null;
}
