import type { OauthClientRow } from "../../../accounts/index.ts";
import { epochSecondsOf } from "../../epoch-seconds.ts";

/** A client as replies show it: without its secret. */
export function oauthClientOf(row: OauthClientRow) {
  return {
    id: row.client_id,
    client_id: row.client_id,
    name: row.name,
    role: row.role,
    scopes: row.scopes,
    secret_hint: row.secret_hint,
    previous_secret_expires_at: epochSecondsOf(row.previous_secret_expires_at_ms),
    created_at: epochSecondsOf(row.created_at_ms),
    last_used_at: epochSecondsOf(row.last_used_at_ms),
  };
}
