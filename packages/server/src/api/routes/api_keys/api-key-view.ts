import type { ApiKeyRow } from "../../../accounts/index.ts";

function seconds(atMs: number): number;
function seconds(atMs: number | null): number | null;
function seconds(atMs: number | null): number | null {
  return atMs === null ? null : Math.floor(atMs / 1000);
}

/** An API key as replies show it: without the key. */
export function apiKeyOf(row: ApiKeyRow) {
  return {
    id: row.api_key_id,
    name: row.name,
    hint: row.key_hint,
    user_id: row.user_id,
    org_id: row.org_id,
    scopes: row.scopes,
    created_at: seconds(row.created_at_ms),
    expires_at: seconds(row.expires_at_ms),
    last_used_at: seconds(row.last_used_at_ms),
  };
}
