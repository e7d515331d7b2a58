import { workspaceOperations } from "@millrace/contract";
import type { Usage, Workspaces } from "../../../accounts/index.ts";
import { route, type Route } from "../../route.ts";

export function updateWorkspace(services: { workspaces: Workspaces; usage: Usage }): Route {
  return route(workspaceOperations.updateWorkspace, async (request) => {
    const orgId = request.memberOf(request.input.workspace_id);
    const { name } = request.input;
    request.auditNote.details = { name };
    return { data: await services.usage.describe(await services.workspaces.rename(orgId, name)) };
  });
}
