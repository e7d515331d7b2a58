import { sql } from "kysely";
import type { Database } from "../db/index.ts";
import {
  COMPONENT_COLUMNS,
  recordOf,
  type ComponentId,
  type ComponentRecord,
  type ComponentRow,
} from "./component-record.ts";

/** In these workspaces: by id, or the newest one saved under a key. */
export async function findComponent(
  db: Database,
  orgIds: readonly string[],
  wanted: { idOrKey: string; version?: string | undefined },
): Promise<ComponentRecord | null> {
  const version = wanted.version === undefined ? sql`true` : sql`version = ${wanted.version}`;
  const { rows } = await sql<ComponentRow>`select ${COMPONENT_COLUMNS} from components
    where org_id = any(${[...orgIds]}) and (component_id = ${wanted.idOrKey} or key = ${wanted.idOrKey}) and ${version}
    order by (component_id = ${wanted.idOrKey}) desc, updated_at_ms desc limit 1`.execute(db.kysely);
  return rows[0] ? recordOf(rows[0]) : null;
}

/** The workspace's component with this code, which thereby is the one saved last. */
export async function findByHash(
  db: Database,
  wanted: { orgId: string; codeHash: string; nowMs: number },
): Promise<ComponentRecord | null> {
  const { rows } = await sql<ComponentRow>`update components set updated_at_ms = ${wanted.nowMs}
    where org_id = ${wanted.orgId} and code_hash = ${wanted.codeHash} and lang = 'nodejs'
    returning ${COMPONENT_COLUMNS}`.execute(db.kysely);
  if (!rows[0]) return null;
  const known = recordOf(rows[0]);
  // A copy from the registry has no key until its code is saved here, too.
  await db.query("update components set key = $3 where org_id = $1 and component_id = $2 and key is distinct from $3", [
    known.orgId,
    known.componentId,
    known.definition.key,
  ]);
  return known;
}

/**
 * What the registry holds under a key (the version published last, or the one that is wanted), or by the id of a
 * published component; of any workspace by design.
 */
export async function findPublished(
  db: Database,
  { idOrKey, version }: { idOrKey: string; version?: string | undefined },
): Promise<ComponentRecord | null> {
  const ofKey =
    version === undefined
      ? sql`select org_id, component_id from registry_entries where key = ${idOrKey}`
      : sql`select org_id, component_id from registry_versions where key = ${idOrKey} and version = ${version}`;
  const { rows } = await sql<ComponentRow>`select ${COMPONENT_COLUMNS} from components
    where (org_id, component_id) in (${ofKey} union all
      select org_id, component_id from registry_versions where component_id = ${idOrKey}) limit 1`.execute(db.kysely);
  return rows[0] ? recordOf(rows[0]) : null;
}

/** The parts that a sandbox needs. */
export async function findLoadable(
  db: Database,
  { orgId, componentId }: ComponentId,
): Promise<{ bundle: string; depset_lock: string | null } | null> {
  const { rows } = await db.query<{ bundle: string; depset_lock: string | null }>(
    `select bundle, coalesce(depset_lock, (select lock from dependency_locks where
       dependency_locks.depset_hash = components.depset_hash)) as depset_lock
     from components where org_id = $1 and component_id = $2`,
    [orgId, componentId],
  );
  return rows[0] ?? null;
}

/** Components of one workspace, by id. */
export async function findMany(
  db: Database,
  { orgId, componentIds }: { orgId: string; componentIds: readonly string[] },
): Promise<Map<string, ComponentRecord>> {
  if (componentIds.length === 0) return new Map();
  const { rows } = await sql<ComponentRow>`select ${COMPONENT_COLUMNS} from components
    where org_id = ${orgId} and component_id = any(${[...componentIds]})`.execute(db.kysely);
  return new Map(rows.map((row) => [row.component_id, recordOf(row)]));
}
