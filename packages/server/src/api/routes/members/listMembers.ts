import { memberOperations } from "@millrace/contract";
import type { Members } from "../../../accounts/members/index.ts";
import { pageReply, pageRequestOf } from "../../../core/index.ts";
import { route, type Route } from "../../route.ts";
import { memberViewOf } from "./member-view.ts";

export function listMembers(services: { members: Members }): Route {
  return route(memberOperations.listMembers, async (request) => {
    const orgId = request.memberOf(request.input.workspace_id);
    const page = await services.members.list(orgId, pageRequestOf(request.input));
    return pageReply(page, { idOf: (row) => row.user_id, itemOf: memberViewOf });
  });
}
