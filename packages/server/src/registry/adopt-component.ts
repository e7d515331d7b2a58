import { sql } from "kysely";
import { newId } from "../core/index.ts";
import type { Database } from "../db/index.ts";
import { COMPONENT_COLUMNS, recordOf, type ComponentRecord, type ComponentRow } from "./component-record.ts";

/**
 * Copies a published component into a workspace, so that what is made from it stays as it is when the registry changes,
 * and no row points into another workspace. A copy has no key of its own: under its key the registry's newest is found.
 */
export async function adoptComponent(
  db: Database,
  published: ComponentRecord,
  orgId: string,
): Promise<ComponentRecord | null> {
  const nowMs = Date.now();
  const { rows } = await sql<ComponentRow>`insert into components (org_id, component_id, key, version, name, kind, code,
      code_hash, origin, bundle, depset_hash, depset_lock, definition, created_at_ms, updated_at_ms)
    select ${orgId}, ${newId("component")}, null, version, name, kind, code, code_hash, origin, bundle, depset_hash,
      depset_lock, definition, ${nowMs}::bigint, ${nowMs}::bigint
    from components where org_id = ${published.orgId} and component_id = ${published.componentId}
    on conflict (org_id, code_hash, lang) do update set org_id = excluded.org_id
    returning ${COMPONENT_COLUMNS}`.execute(db.kysely);
  return rows[0] ? recordOf(rows[0]) : null;
}
