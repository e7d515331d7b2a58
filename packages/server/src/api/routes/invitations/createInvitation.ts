import { invitationOperations } from "@millrace/contract";
import type { Invitations } from "../../../accounts/members/index.ts";
import { asUser, roleIn } from "../../request.ts";
import { route, type Route } from "../../route.ts";
import { invitationOf } from "./invitation-view.ts";

export function createInvitation(services: { invitations: Invitations }): Route {
  return route(invitationOperations.createInvitation, async (request) => {
    const { workspace_id, email, role, expires_in_s: forSeconds } = request.input;
    const orgId = request.memberOf(workspace_id);
    const { row, url, isMailed } = await services.invitations.create({
      ...{ orgId, email, role, invitedBy: asUser(request.principal).userId },
      byRole: roleIn(request.principal, orgId),
      ...(forSeconds !== undefined && { forMs: forSeconds * 1000 }),
    });
    request.auditNote.details = { email: row.email, role };
    return { data: { ...invitationOf(row), url, is_mailed: isMailed } };
  });
}
