import { ComponentFolder, type ComponentDefinition, type ComponentGroup } from "@millrace/runner";
import type { Database } from "../../db/index.ts";
import { codeHashOf } from "../component-builder.ts";
import {
  buildSlice,
  inspectSlice,
  rejectionOf,
  type BuiltDraft,
  type Draft,
  type Rejected,
  type SlicePorts,
} from "./build-slice.ts";
import { noteImport, type ClaimedImport } from "./import-claim.ts";
import { openSource } from "./import-source.ts";
import { saveBatch, type KnownComponent } from "./save-batch.ts";

export interface ImportPorts extends SlicePorts {
  readonly db: Database;
  /** Makes apps known to the whole instance. */
  addApps(slugs: readonly string[]): Promise<void>;
}

/** So many components share a dependency set and are in memory together. */
const SLICE = 100;
/** So many are read in one sandbox and written in one transaction. */
const BATCH = 20;

/**
 * Works through a claimed import, from where it was left: what an earlier node has written stays as it is.
 * @throws ClaimLostError; the signal's reason; whatever makes the import as a whole impossible for now
 */
export async function runImport(ports: ImportPorts, claim: ClaimedImport, signal: AbortSignal): Promise<void> {
  const { db } = ports;
  const { source, resolved, orgId, importId } = claim.record;
  const opened = await openSource(db, ports.dependencies, claim.record);
  if (opened.resolved !== null && resolved === null) await noteImport(db, claim, { resolved: opened.resolved });
  const record = { ...claim.record, resolved: opened.resolved };
  const folder = new ComponentFolder(opened.tree, opened.resolved ?? source);
  const groups = await folder.groups();
  await noteImport(db, claim, { total: groups.reduce((sum, { entries }) => sum + entries.length, 0) });
  const { rows } = await db.query<{ path: string }>(
    "select path from registry_import_items where org_id = $1 and import_id = $2",
    [orgId, importId],
  );
  const finished = new Set(rows.map(({ path }) => path));
  for (const slice of slicesOf(groups, finished)) {
    signal.throwIfAborted();
    await importSlice(ports, { claim: { ...claim, record }, folder, paths: slice, signal });
    folder.forget();
  }
  await noteImport(db, claim, { state: "done" });
}

function slicesOf(groups: readonly ComponentGroup[], finished: ReadonlySet<string>): string[][] {
  return groups.flatMap(({ entries }) =>
    chunksOf(
      entries.filter((path) => !finished.has(path)),
      SLICE,
    ),
  );
}

interface SliceWork {
  readonly claim: ClaimedImport;
  readonly folder: ComponentFolder;
  readonly paths: readonly string[];
  readonly signal: AbortSignal;
}

async function importSlice(ports: ImportPorts, { claim, folder, paths, signal }: SliceWork): Promise<void> {
  const { drafts, unreadable } = await draftsOf(folder, paths);
  const known = await knownAmong(ports.db, claim.record.orgId, drafts);
  await saveBatch(ports.db, claim, { built: [], known, rejected: unreadable });
  const knownPaths = new Set(known.map(({ path }) => path));
  const { prepared, rejected } = await buildSlice(
    ports,
    drafts.filter(({ path }) => !knownPaths.has(path)),
  );
  await saveBatch(ports.db, claim, { built: [], known: [], rejected });
  for (const { dependencies, bundled } of prepared) {
    for (const batch of chunksOf(bundled, BATCH)) {
      signal.throwIfAborted();
      const inspected = await inspectSlice(ports, { dependencies, bundled: batch });
      await saveBatch(ports.db, claim, { known: [], ...inspected });
      if (claim.record.scope === "instance") await ports.addApps(appsOf(inspected.built));
    }
  }
}

/** What they name as their apps, as far as it can be a slug: any text may stand there. */
function appsOf(built: readonly BuiltDraft[]): string[] {
  const slugs = new Set(built.flatMap(({ definition }) => definition.apps));
  return [...slugs].filter((slug) => /^[a-z0-9][\w-]{0,99}$/.test(slug));
}

async function draftsOf(folder: ComponentFolder, paths: readonly string[]) {
  const drafts: Draft[] = [];
  const unreadable: Rejected[] = [];
  for (const path of paths) {
    try {
      const files = await folder.filesOf(path);
      drafts.push({ path, files, codeHash: codeHashOf(files) });
    } catch (error) {
      unreadable.push(rejectionOf(path, error));
    }
  }
  return { drafts, unreadable };
}

/** Those that the workspace has already: they need not be built. */
async function knownAmong(db: Database, orgId: string, drafts: readonly Draft[]): Promise<KnownComponent[]> {
  const { rows } = await db.query<{ code_hash: string; component_id: string; definition: string }>(
    `select code_hash, component_id, definition from components
     where org_id = $1 and lang = 'nodejs' and code_hash = any($2)`,
    [orgId, drafts.map(({ codeHash }) => codeHash)],
  );
  const byHash = new Map(rows.map((row) => [row.code_hash, row]));
  return drafts.flatMap(({ path, codeHash }) => {
    const row = byHash.get(codeHash);
    if (row === undefined) return [];
    const { key, version } = JSON.parse(row.definition) as ComponentDefinition;
    return key === null || version === "" ? [] : [{ path, componentId: row.component_id, key, version }];
  });
}

function chunksOf<T>(all: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let start = 0; start < all.length; start += size) chunks.push(all.slice(start, start + size));
  return chunks;
}
