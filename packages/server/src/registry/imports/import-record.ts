import { sql, type RawBuilder } from "kysely";

/** `workspace`: saved there; `instance`: published too, for all workspaces. */
export type ImportScope = "workspace" | "instance";
export type ImportState = "receiving" | "queued" | "running" | "done" | "failed";
export type ItemOutcome = "loaded" | "unchanged" | "skipped" | "failed";

/** An import and how far it is. */
export interface ImportRecord {
  readonly orgId: string;
  readonly importId: string;
  readonly source: string;
  readonly resolved: string | null;
  readonly scope: ImportScope;
  readonly state: ImportState;
  /** Null until the files that look like components are counted. */
  readonly total: number | null;
  readonly counts: Readonly<Record<ItemOutcome, number>>;
  readonly error: string | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly endedAtMs: number | null;
}

/** What became of one file. */
export interface ImportItem {
  readonly path: string;
  readonly outcome: ItemOutcome;
  readonly componentId: string | null;
  readonly key: string | null;
  readonly version: string | null;
  readonly reason: string | null;
}

/** A row as selected by `IMPORT_COLUMNS`. */
export interface ImportRow {
  org_id: string;
  import_id: string;
  source: string;
  resolved: string | null;
  scope: ImportScope;
  state: ImportState;
  total: number | null;
  error: string | null;
  created_at_ms: number;
  updated_at_ms: number;
  ended_at_ms: number | null;
  loaded: number;
  unchanged: number;
  skipped: number;
  failed: number;
}

const countOf = (outcome: ItemOutcome): RawBuilder<unknown> => sql`(select count(*) from registry_import_items items
  where items.import_id = registry_imports.import_id and items.outcome = ${outcome}) as ${sql.ref(outcome)}`;

export const IMPORT_COLUMNS: RawBuilder<unknown> = sql`registry_imports.org_id, registry_imports.import_id, source,
  resolved, scope, state, total, error, created_at_ms, updated_at_ms, ended_at_ms, ${countOf("loaded")},
  ${countOf("unchanged")}, ${countOf("skipped")}, ${countOf("failed")}`;

export function importOf(row: ImportRow): ImportRecord {
  const { loaded, unchanged, skipped, failed } = row;
  return {
    orgId: row.org_id,
    importId: row.import_id,
    source: row.source,
    resolved: row.resolved,
    scope: row.scope,
    state: row.state,
    total: row.total,
    counts: { loaded, unchanged, skipped, failed },
    error: row.error,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
    endedAtMs: row.ended_at_ms,
  };
}
