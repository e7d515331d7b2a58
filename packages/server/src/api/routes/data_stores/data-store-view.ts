import type { DataStoreRow, StoredRecord } from "../../../workflows/stores/index.ts";

/** A data store as replies show it. */
export function dataStoreOf(row: DataStoreRow) {
  return {
    id: row.data_store_id,
    name: row.name,
    created_at: Math.floor(row.created_at_ms / 1_000),
    updated_at: Math.floor(row.updated_at_ms / 1_000),
  };
}

/** A record as replies show it. */
export function recordOf(record: StoredRecord) {
  return {
    key: record.key,
    value: record.value === null ? null : (JSON.parse(record.value) as unknown),
    size_bytes: record.size_bytes,
    expires_at: record.expires_at_ms === null ? null : Math.ceil(record.expires_at_ms / 1_000),
    updated_at: Math.floor(record.updated_at_ms / 1_000),
  };
}
