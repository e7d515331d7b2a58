/** Invitations to workspaces: made by admins, accepted by the invited. */
import type { Route } from "../../route.ts";
import type { ApiServices } from "../../services.ts";
import { acceptInvitation } from "./acceptInvitation.ts";
import { createInvitation } from "./createInvitation.ts";
import { deleteInvitation } from "./deleteInvitation.ts";
import { describeInvitation } from "./describeInvitation.ts";
import { listInvitations } from "./listInvitations.ts";

export function invitationRoutes(services: Pick<ApiServices, "invitations">): Route[] {
  return [
    acceptInvitation(services),
    createInvitation(services),
    deleteInvitation(services),
    describeInvitation(services),
    listInvitations(services),
  ];
}
