import type { ApiKeyRow } from "../../../accounts/index.ts";
import { epochSecondsOf } from "../../epoch-seconds.ts";

/** An API key as replies show it: without the key. */
export function apiKeyOf(row: ApiKeyRow) {
  return {
    id: row.api_key_id,
    name: row.name,
    hint: row.key_hint,
    user_id: row.user_id,
    org_id: row.org_id,
    scopes: row.scopes,
    created_at: epochSecondsOf(row.created_at_ms),
    expires_at: epochSecondsOf(row.expires_at_ms),
    last_used_at: epochSecondsOf(row.last_used_at_ms),
  };
}
