import type { Database } from "../db/index.ts";

/** Where ids of a kind are found, with the workspace that each belongs to. */
const TABLES: Readonly<Record<string, { table: string; column: string }>> = {
  dc: { table: "sources", column: "source_id" },
  p: { table: "workflows", column: "workflow_id" },
  wh: { table: "webhooks", column: "webhook_id" },
  apn: { table: "accounts", column: "account_id" },
  sc: { table: "components", column: "component_id" },
  proj: { table: "projects", column: "project_id" },
  ds: { table: "data_stores", column: "data_store_id" },
  tch: { table: "templates", column: "template_id" },
  ak: { table: "api_keys", column: "api_key_id" },
  sub: { table: "subscriptions", column: "subscription_id" },
};
const RUN = { table: "workflow_runs", column: "run_id" };
const REGISTRY_KEY = { table: "registry_entries", column: "key" };

function placeOf(name: string, value: string): { table: string; column: string } | null {
  if (name === "run_id") return RUN;
  if (name === "key") return REGISTRY_KEY;
  return TABLES[/^([a-z]+)_\w+$/.exec(value)?.[1] ?? ""] ?? null;
}

/**
 * Which of the given workspaces something belongs to that a request names, by the names and values of its input: the
 * first that is found. Null: none, or it belongs elsewhere.
 */
export async function workspaceOfNamed(
  db: Database,
  orgIds: readonly string[],
  input: Readonly<Record<string, unknown>>,
): Promise<string | null> {
  for (const [name, value] of Object.entries(input)) {
    const place = typeof value === "string" ? placeOf(name, value) : null;
    if (!place) continue;
    const { rows } = await db.query<{ org_id: string }>(
      `select org_id from ${place.table} where ${place.column} = $1 and org_id = any($2) limit 1`,
      [value, [...orgIds]],
    );
    const [found] = rows;
    if (found) return found.org_id;
  }
  return null;
}
