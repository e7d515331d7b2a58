import { invitationOperations } from "@millrace/contract";
import type { Invitations } from "../../../accounts/members/index.ts";
import { asWholeUser } from "../../request.ts";
import { route, type Route } from "../../route.ts";
import { shownInvitationOf } from "./invitation-view.ts";

export function acceptInvitation(services: { invitations: Invitations }): Route {
  return route(invitationOperations.acceptInvitation, async (request) => {
    const { userId } = asWholeUser(request.principal);
    const invitation = await services.invitations.accept(userId, request.input.token);
    request.auditNote.orgId = invitation.org_id;
    request.auditNote.subject = invitation.invitation_id;
    request.auditNote.details = { role: invitation.role };
    return { data: shownInvitationOf(invitation) };
  });
}
