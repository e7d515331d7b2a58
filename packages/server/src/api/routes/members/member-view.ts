import type { MemberRow } from "../../../accounts/members/index.ts";
import { epochSecondsOf } from "../../epoch-seconds.ts";

/** A member of a workspace as replies show it. */
export function memberViewOf(row: MemberRow) {
  const { user_id, username, email, role, created_at_ms: joinedAtMs } = row;
  return { user_id, username, email, role, joined_at: epochSecondsOf(joinedAtMs) };
}
