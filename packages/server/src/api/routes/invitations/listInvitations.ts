import { invitationOperations } from "@millrace/contract";
import type { Invitations } from "../../../accounts/members/index.ts";
import { pageReply, pageRequestOf } from "../../../core/index.ts";
import { route, type Route } from "../../route.ts";
import { invitationOf } from "./invitation-view.ts";

export function listInvitations(services: { invitations: Invitations }): Route {
  return route(invitationOperations.listInvitations, async (request) => {
    const orgId = request.memberOf(request.input.workspace_id);
    const page = await services.invitations.list(orgId, pageRequestOf(request.input));
    return pageReply(page, { idOf: (row) => row.invitation_id, itemOf: invitationOf });
  });
}
