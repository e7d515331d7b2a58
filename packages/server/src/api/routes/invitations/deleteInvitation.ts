import { invitationOperations } from "@millrace/contract";
import type { Invitations } from "../../../accounts/members/index.ts";
import { route, type Route } from "../../route.ts";

export function deleteInvitation(services: { invitations: Invitations }): Route {
  return route(invitationOperations.deleteInvitation, async (request) => {
    const orgId = request.memberOf(request.input.workspace_id);
    await services.invitations.revoke(orgId, request.input.invitation_id);
    return undefined;
  });
}
