import type { InvitationRow, ShownInvitation } from "../../../accounts/members/index.ts";
import { epochSecondsOf } from "../../epoch-seconds.ts";

/** An invitation as members see it: without its link. */
export function invitationOf(row: InvitationRow) {
  return {
    id: row.invitation_id,
    email: row.email,
    role: row.role,
    invited_by: row.invited_by,
    created_at: epochSecondsOf(row.created_at_ms),
    expires_at: epochSecondsOf(row.expires_at_ms),
  };
}

/** An invitation as the invited see it. */
export function shownInvitationOf(row: ShownInvitation) {
  return {
    workspace_id: row.org_id,
    workspace_name: row.workspace_name,
    email: row.email,
    role: row.role,
    invited_by_email: row.invited_by_email,
    has_account: row.has_account,
    expires_at: epochSecondsOf(row.expires_at_ms),
  };
}
