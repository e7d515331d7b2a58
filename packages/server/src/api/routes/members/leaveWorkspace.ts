import { memberOperations } from "@millrace/contract";
import type { Members } from "../../../accounts/members/index.ts";
import { route, type Route } from "../../route.ts";
import { asUser, roleIn } from "../../request.ts";

export function leaveWorkspace(services: { members: Members }): Route {
  return route(memberOperations.leaveWorkspace, async (request) => {
    const orgId = request.memberOf(request.input.workspace_id);
    const { userId } = asUser(request.principal);
    await services.members.remove({ orgId, byRole: roleIn(request.principal, orgId), userId });
    return undefined;
  });
}
