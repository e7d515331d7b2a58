/** The members of a workspace. */
import type { Route } from "../../route.ts";
import type { ApiServices } from "../../services.ts";
import { deleteMember } from "./deleteMember.ts";
import { leaveWorkspace } from "./leaveWorkspace.ts";
import { listMembers } from "./listMembers.ts";
import { updateMember } from "./updateMember.ts";

export function memberRoutes(services: Pick<ApiServices, "members">): Route[] {
  return [deleteMember(services), leaveWorkspace(services), listMembers(services), updateMember(services)];
}
