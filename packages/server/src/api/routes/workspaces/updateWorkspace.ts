import { workspaceOperations } from "@millrace/contract";
import { workspaceOf, type Workspaces } from "../../../accounts/index.ts";
import { route, type Route } from "../../route.ts";

export function updateWorkspace(services: { workspaces: Workspaces }): Route {
  return route(workspaceOperations.updateWorkspace, async (request) => {
    const orgId = request.memberOf(request.input.workspace_id);
    const { name } = request.input;
    request.auditNote.details = { name };
    return { data: workspaceOf(await services.workspaces.rename(orgId, name)) };
  });
}
