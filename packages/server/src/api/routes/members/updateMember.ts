import { memberOperations } from "@millrace/contract";
import type { Members } from "../../../accounts/members/index.ts";
import { route, type Route } from "../../route.ts";
import { roleIn } from "../../request.ts";
import { memberViewOf } from "./member-view.ts";

export function updateMember(services: { members: Members }): Route {
  return route(memberOperations.updateMember, async (request) => {
    const { workspace_id, user_id: userId, role } = request.input;
    const orgId = request.memberOf(workspace_id);
    const byRole = roleIn(request.principal, orgId);
    request.auditNote.details = { role };
    return { data: memberViewOf(await services.members.changeRole({ orgId, byRole, userId }, role)) };
  });
}
