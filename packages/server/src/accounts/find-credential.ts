import type { Role } from "@millrace/contract";
import type { UserPrincipal } from "../core/index.ts";
import type { Database } from "../db/index.ts";

/** What the hash of a key or of a session's token leads to. */
export interface KnownCredential {
  principal: UserPrincipal;
  expiresAtMs: number | null;
}

/** One of the workspaces that a user belongs to; null for both when there is none. */
interface MembershipColumns {
  member_org_id: string | null;
  role: Role | null;
}

interface KeyRow extends MembershipColumns {
  api_key_id: string;
  user_id: string;
  key_org_id: string | null;
  scopes: string[];
  expires_at_ms: number | null;
}

interface SessionRow extends MembershipColumns {
  session_id: string;
  user_id: string;
  expires_at_ms: number;
  last_used_at_ms: number;
}

/** Before the hash of a session's token, so that it is never taken for that of a key. */
const SESSION_MARK = "session ";
const DAY_MS = 24 * 3_600_000;
/** A session ends when it has not been used for this long. */
export const SESSION_IDLE_MS = 14 * DAY_MS;
/** A session ends this long after the login, however much it is used. */
export const SESSION_LONGEST_MS = 90 * DAY_MS;
const NOTE_USE_AFTER_MS = 60_000;

const FIND_KEY = `
  select k.api_key_id, k.user_id, k.org_id as key_org_id, k.scopes, k.expires_at_ms, m.org_id as member_org_id, m.role
  from api_keys k
  left join memberships m on m.user_id = k.user_id and (k.org_id is null or m.org_id = k.org_id)
  where k.key_hash = $1 and k.revoked_at_ms is null
  order by m.created_at_ms, m.org_id`;

const FIND_SESSION = `
  select s.session_id, s.user_id, s.expires_at_ms, s.last_used_at_ms, m.org_id as member_org_id, m.role
  from sessions s left join memberships m on m.user_id = s.user_id
  where s.token_hash = $1
  order by m.created_at_ms, m.org_id`;
const PROLONG = `
  update sessions
  set last_used_at_ms = $2, expires_at_ms = least($2::bigint + ${SESSION_IDLE_MS}, created_at_ms + ${SESSION_LONGEST_MS})
  where session_id = $1 and expires_at_ms > $2::bigint`;

/** What the cache knows a session by. */
export function sessionKeyOf(tokenHash: string): string {
  return SESSION_MARK + tokenHash;
}

/** Whose key or session it is; null for one that is unknown or revoked. */
export function findCredential(db: Database, key: string): Promise<KnownCredential | null> {
  return key.startsWith(SESSION_MARK) ? findSession(db, key.slice(SESSION_MARK.length)) : findKey(db, key);
}

async function findSession(db: Database, tokenHash: string): Promise<KnownCredential | null> {
  const { rows } = await db.query<SessionRow>(FIND_SESSION, [tokenHash]);
  const [first] = rows;
  if (!first) return null;
  const nowMs = Date.now();
  const isNoted = nowMs - first.last_used_at_ms < NOTE_USE_AFTER_MS;
  if (!isNoted && first.expires_at_ms > nowMs) await db.query(PROLONG, [first.session_id, nowMs]);
  return {
    principal: {
      kind: "user",
      userId: first.user_id,
      credential: { kind: "session", id: first.session_id },
      keyOrgId: null,
      readOnly: false,
      ...membershipsOf(rows),
    },
    expiresAtMs: first.expires_at_ms,
  };
}

async function findKey(db: Database, keyHash: string): Promise<KnownCredential | null> {
  const { rows } = await db.query<KeyRow>(FIND_KEY, [keyHash]);
  const [first] = rows;
  if (!first) return null;
  return {
    principal: {
      kind: "user",
      userId: first.user_id,
      credential: { kind: "api_key", id: first.api_key_id },
      keyOrgId: first.key_org_id,
      readOnly: first.scopes.length > 0 && !first.scopes.includes("write"),
      ...membershipsOf(rows),
    },
    expiresAtMs: first.expires_at_ms,
  };
}

function membershipsOf(rows: readonly MembershipColumns[]): { orgIds: string[]; roles: Map<string, Role> } {
  const roles = new Map<string, Role>();
  for (const { member_org_id: orgId, role } of rows) {
    if (orgId !== null && role !== null) roles.set(orgId, role);
  }
  return { orgIds: [...roles.keys()], roles };
}
