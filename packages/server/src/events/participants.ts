import type { Database } from "../db/index.ts";

// The tables that hold who may emit or listen, by the prefix of their ids.
const LOOKUPS: Readonly<Record<string, string>> = {
  dc_: "select org_id from sources where org_id = any($1) and source_id = $2",
  p_: "select org_id from workflows where org_id = any($1) and workflow_id = $2",
  wh_: "select org_id from webhooks where org_id = any($1) and webhook_id = $2",
};

/** The workspaces, of those given, in which an emitter or listener lives: one or none. */
export async function findParticipants(
  db: Database,
  { orgIds, id }: { orgIds: readonly string[]; id: string },
): Promise<string[]> {
  const lookup = LOOKUPS[id.slice(0, id.indexOf("_") + 1)];
  if (lookup === undefined) return [];
  const { rows } = await db.query<{ org_id: string }>(lookup, [[...orgIds], id]);
  return rows.map((row) => row.org_id);
}
