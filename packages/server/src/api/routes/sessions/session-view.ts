import { csrfTokenOf, type Sessions, type SessionRow } from "../../../accounts/logins/index.ts";
import type { Users } from "../../../accounts/index.ts";
import { epochSecondsOf } from "../../epoch-seconds.ts";

/** A session as replies show it. */
export function sessionOf(row: SessionRow, currentId: string) {
  return {
    id: row.session_id,
    method: row.method,
    ip: row.ip,
    user_agent: row.user_agent,
    is_current: row.session_id === currentId,
    created_at: epochSecondsOf(row.created_at_ms),
    last_used_at: epochSecondsOf(row.last_used_at_ms),
    expires_at: epochSecondsOf(row.expires_at_ms),
  };
}

/** Everything that a page needs to know of the session that it works with. */
export async function sessionInfo(
  services: { sessions: Sessions; users: Users },
  current: { userId: string; sessionId: string; token: string },
) {
  const { userId, sessionId, token } = current;
  const [row, user] = await Promise.all([
    services.sessions.find(userId, sessionId),
    services.users.describeWithRoles(userId),
  ]);
  return { ...user, session: sessionOf(row, sessionId), csrf_token: csrfTokenOf(token) };
}
