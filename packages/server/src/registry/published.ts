import { sql, type Kysely } from "kysely";
import { notifyWithin, type Database, type Schema } from "../db/index.ts";
import { componentsChanged } from "./components-hint.ts";

/** A component on its way into the registry. */
export interface RegistryEntry {
  readonly key: string;
  readonly version: string;
  readonly orgId: string;
  readonly componentId: string;
}

export interface PublishedVersion {
  readonly version: string;
  readonly componentId: string;
  readonly publishedAtMs: number;
  /** What the bare key means. */
  readonly isCurrent: boolean;
}

/**
 * Puts components of one workspace into the registry: each becomes what its key means, older versions stay.
 * @returns the keys that were left alone because another workspace holds them
 */
export async function publishAll(trx: Kysely<Schema>, entries: readonly RegistryEntry[]): Promise<Set<string>> {
  const nowMs = Date.now();
  // One order for all, so that two publishers cannot wait for each other.
  const sorted = entries.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const refused = new Set<string>();
  for (const { key, version, orgId, componentId } of sorted) {
    const { rows } = await sql`insert into registry_entries (key, org_id, component_id, published_at_ms)
      values (${key}, ${orgId}, ${componentId}, ${nowMs})
      on conflict (key) do update set component_id = excluded.component_id, published_at_ms = excluded.published_at_ms
      where registry_entries.org_id = excluded.org_id returning key`.execute(trx);
    if (rows.length === 0) {
      refused.add(key);
      continue;
    }
    await sql`insert into registry_versions (key, version, org_id, component_id, published_at_ms)
      values (${key}, ${version}, ${orgId}, ${componentId}, ${nowMs})
      on conflict (key, version) do update set component_id = excluded.component_id,
        published_at_ms = excluded.published_at_ms`.execute(trx);
  }
  await notifyWithin(trx, componentsChanged(null));
  return refused;
}

/**
 * Takes a key, or one version of it, out of the registry: what these workspaces published, or with null whoever did.
 * @returns how many versions that were
 */
export async function unpublish(
  trx: Kysely<Schema>,
  orgIds: readonly string[] | null,
  { key, version }: { key: string; version?: string | undefined },
): Promise<number> {
  // The entry's lock keeps a publisher of the same key out until this is done.
  await sql`select from registry_entries where key = ${key} for update`.execute(trx);
  const ofVersion = version === undefined ? sql`true` : sql`version = ${version}`;
  const byPublisher = orgIds === null ? sql`true` : sql`org_id = any(${[...orgIds]})`;
  const removed = await sql`delete from registry_versions
    where ${byPublisher} and key = ${key} and ${ofVersion}`.execute(trx);
  const removedCount = Number(removed.numAffectedRows ?? 0);
  if (removedCount === 0) return 0;
  const { rows } = await sql`update registry_entries
    set component_id = latest.component_id, published_at_ms = latest.published_at_ms
    from (select component_id, published_at_ms from registry_versions where key = ${key}
      order by published_at_ms desc, version desc limit 1) latest
    where registry_entries.key = ${key} returning key`.execute(trx);
  if (rows.length === 0) await sql`delete from registry_entries where key = ${key}`.execute(trx);
  await notifyWithin(trx, componentsChanged(null));
  return removedCount;
}

/** The versions of a key, the one published last first; of any workspace by design. */
export async function publishedVersions(db: Database, key: string): Promise<PublishedVersion[]> {
  const { rows } = await sql<PublishedVersion>`select version, component_id as "componentId",
      published_at_ms as "publishedAtMs",
      component_id = (select component_id from registry_entries where key = ${key}) as "isCurrent"
    from registry_versions where key = ${key} order by published_at_ms desc, version desc`.execute(db.kysely);
  return rows;
}
