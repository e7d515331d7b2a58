import type { Kysely } from "kysely";
import { sql } from "kysely";
import { newId } from "../../core/index.ts";
import { notifyWithin, type Database, type Schema } from "../../db/index.ts";
import { componentsChanged } from "../components-hint.ts";
import { publishAll } from "../published.ts";
import type { BuiltDraft, Rejected } from "./build-slice.ts";
import { holdClaim, type ClaimedImport } from "./import-claim.ts";
import type { ImportItem } from "./import-record.ts";

/** A component that the workspace has already, with the very same code. */
export interface KnownComponent {
  readonly path: string;
  readonly componentId: string;
  readonly key: string;
  readonly version: string;
}

export interface Batch {
  readonly built: readonly BuiltDraft[];
  readonly known: readonly KnownComponent[];
  readonly rejected: readonly Rejected[];
}

/**
 * Writes what became of some files, their components and, for all workspaces, their places in the registry: all of it or
 * nothing. Files that are written are not looked at again.
 * @throws ClaimLostError
 */
export async function saveBatch(db: Database, claim: ClaimedImport, batch: Batch): Promise<void> {
  const { orgId, scope } = claim.record;
  await db.transaction(async (trx) => {
    await holdClaim(trx, claim);
    const saved: ImportItem[] = [];
    for (const draft of batch.built) saved.push(await saveComponent(trx, claim, draft));
    for (const { componentId, key } of batch.known) await touch(trx, { orgId, componentId, key });
    const unchanged = batch.known.map((known): ImportItem => ({ ...known, outcome: "unchanged", reason: null }));
    const rejected = batch.rejected.map((one): ImportItem => ({ ...one, componentId: null, key: null, version: null }));
    const items = [...saved, ...unchanged, ...rejected];
    const refused =
      scope === "instance"
        ? await publishAll(
            trx,
            items.flatMap((item) => entryOf(orgId, item)),
          )
        : null;
    await writeItems(
      trx,
      claim,
      items.map((item) => (item.key !== null && refused?.has(item.key) ? refusedItem(item) : item)),
    );
    await notifyWithin(trx, componentsChanged(orgId));
  });
}

function entryOf(orgId: string, { key, version, componentId }: ImportItem) {
  return key === null || version === null || componentId === null ? [] : [{ orgId, key, version, componentId }];
}

function refusedItem(item: ImportItem): ImportItem {
  const reason = `The key ${item.key} is published by another workspace; it was saved, but not published`;
  return { ...item, outcome: "failed", reason };
}

async function saveComponent(trx: Kysely<Schema>, claim: ClaimedImport, draft: BuiltDraft): Promise<ImportItem> {
  const { orgId, source, resolved } = claim.record;
  const { path, files, codeHash, bundle, dependencies, definition } = draft;
  const { key, version, kind } = definition;
  const nowMs = Date.now();
  if (dependencies.hash !== null && dependencies.lock !== null) {
    await sql`insert into dependency_locks (depset_hash, lock) values (${dependencies.hash}, ${dependencies.lock})
      on conflict (depset_hash) do nothing`.execute(trx);
  }
  const origin = source.startsWith("npm:") ? `${resolved ?? source}/${path}` : null;
  const { rows } = await sql<{ component_id: string }>`insert into components (org_id, component_id, key, version, name,
      kind, code, code_hash, origin, bundle, depset_hash, definition, created_at_ms, updated_at_ms)
    values (${orgId}, ${newId("component")}, ${key}, ${version}, ${definition.name ?? key}, ${kind},
      ${files.files.get(files.entry) ?? ""}, ${codeHash}, ${origin}, ${bundle}, ${dependencies.hash},
      ${JSON.stringify(definition)}, ${nowMs}, ${nowMs})
    on conflict (org_id, code_hash, lang) do update set updated_at_ms = excluded.updated_at_ms, key = excluded.key
    returning component_id`.execute(trx);
  return { path, outcome: "loaded", componentId: rows[0]?.component_id ?? null, key, version, reason: null };
}

/** It thereby is the one saved last; a copy from the registry gets the key that it had not. */
async function touch(
  trx: Kysely<Schema>,
  { orgId, componentId, key }: { orgId: string; componentId: string; key: string },
): Promise<void> {
  await trx
    .updateTable("components")
    .set({ updated_at_ms: Date.now(), key })
    .where("org_id", "=", orgId)
    .where("component_id", "=", componentId)
    .execute();
}

async function writeItems(trx: Kysely<Schema>, { record }: ClaimedImport, items: readonly ImportItem[]): Promise<void> {
  if (items.length === 0) return;
  await trx
    .insertInto("registry_import_items")
    .values(
      items.map(({ componentId, ...item }) => ({
        ...{ path: item.path, outcome: item.outcome, key: item.key, version: item.version, reason: item.reason },
        ...{ org_id: record.orgId, import_id: record.importId, component_id: componentId },
      })),
    )
    .onConflict((conflict) => conflict.columns(["import_id", "path"]).doNothing())
    .execute();
  await trx
    .updateTable("registry_imports")
    .set({ updated_at_ms: Date.now() })
    .where("import_id", "=", record.importId)
    .where("org_id", "=", record.orgId)
    .execute();
}
