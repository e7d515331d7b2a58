import { userOperations } from "@millrace/contract";
import type { Usage, Users } from "../../../accounts/index.ts";
import { pageReply, pageRequestOf } from "../../../core/index.ts";
import { route, type Route } from "../../route.ts";

export function listMyWorkspaces(services: { users: Users; usage: Usage }): Route {
  return route(userOperations.listMyWorkspaces, async (request) => {
    const page = await services.users.listWorkspaces(request.orgIds, pageRequestOf(request.input));
    return pageReply(page, { idOf: (row) => row.org_id, itemOf: (row) => services.usage.shown(row) });
  });
}
