import type { ImportItem, ImportRecord } from "../../../registry/imports/index.ts";

/** An import as replies show it. */
export function importViewOf(record: ImportRecord) {
  const { endedAtMs } = record;
  return {
    id: record.importId,
    source: record.source,
    resolved: record.resolved,
    scope: record.scope,
    status: record.state,
    total: record.total,
    ...record.counts,
    error: record.error,
    created_at: Math.floor(record.createdAtMs / 1000),
    updated_at: Math.floor(record.updatedAtMs / 1000),
    ended_at: endedAtMs === null ? null : Math.floor(endedAtMs / 1000),
  };
}

/** What became of a file, as replies show it. */
export function itemViewOf({ componentId, ...item }: ImportItem) {
  return { ...item, component_id: componentId };
}
