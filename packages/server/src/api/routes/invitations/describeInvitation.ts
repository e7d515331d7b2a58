import { invitationOperations } from "@millrace/contract";
import type { Invitations } from "../../../accounts/members/index.ts";
import { route, type Route } from "../../route.ts";
import { shownInvitationOf } from "./invitation-view.ts";

export function describeInvitation(services: { invitations: Invitations }): Route {
  return route(invitationOperations.describeInvitation, async (request) => ({
    data: shownInvitationOf(await services.invitations.describe(request.input.token)),
  }));
}
