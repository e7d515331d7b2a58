import { memberOperations } from "@millrace/contract";
import type { Members } from "../../../accounts/members/index.ts";
import { route, type Route } from "../../route.ts";
import { roleIn } from "../../request.ts";

export function deleteMember(services: { members: Members }): Route {
  return route(memberOperations.deleteMember, async (request) => {
    const orgId = request.memberOf(request.input.workspace_id);
    const byRole = roleIn(request.principal, orgId);
    await services.members.remove({ orgId, byRole, userId: request.input.user_id });
    return undefined;
  });
}
