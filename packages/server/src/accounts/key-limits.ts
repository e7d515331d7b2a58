import { scopesAllow, type UserCredential } from "../core/index.ts";
import type { Database } from "../db/index.ts";

/** What an API key was limited to when it was made; an empty list of scopes and no end are no limits. */
export interface KeyLimits {
  readonly scopes: readonly string[];
  readonly expiresAtMs: number | null;
}

const UNLIMITED: KeyLimits = { scopes: [], expiresAtMs: null };

/** The limits of what a user came with: a session has none. */
export async function limitsOf(db: Database, credential: UserCredential): Promise<KeyLimits> {
  if (credential.kind !== "api_key") return UNLIMITED;
  const row = await db.kysely
    .selectFrom("api_keys")
    .select(["scopes", "expires_at_ms"])
    .where("api_key_id", "=", credential.id)
    .executeTakeFirst();
  // Gone since the request began: it hands nothing on.
  return row ? { scopes: row.scopes, expiresAtMs: row.expires_at_ms } : { scopes: ["read"], expiresAtMs: 0 };
}

export function isLimited(limits: KeyLimits): boolean {
  return limits.scopes.length > 0 || limits.expiresAtMs !== null;
}

/** Whether `wanted` can do something that `own` cannot, or can do it for longer. */
export function exceeds(wanted: KeyLimits, own: KeyLimits): boolean {
  const isLonger = own.expiresAtMs !== null && (wanted.expiresAtMs ?? Number.POSITIVE_INFINITY) > own.expiresAtMs;
  if (own.scopes.length === 0) return isLonger;
  return isLonger || wanted.scopes.length === 0 || !wanted.scopes.every((scope) => scopesAllow(own.scopes, scope));
}
