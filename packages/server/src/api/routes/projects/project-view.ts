import type { ProjectRow } from "../../../accounts/index.ts";

/** A project as replies show it. */
export function projectOf(row: ProjectRow) {
  return { id: row.project_id, org_id: row.org_id, name: row.name, created_at: Math.floor(row.created_at_ms / 1000) };
}
