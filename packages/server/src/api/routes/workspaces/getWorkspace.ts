import { workspaceOperations } from "@millrace/contract";
import { workspaceOf, type Workspaces } from "../../../accounts/index.ts";
import { route, type Route } from "../../route.ts";

export function getWorkspace(services: { workspaces: Workspaces }): Route {
  return route(workspaceOperations.getWorkspace, async (request) => ({
    data: workspaceOf(await services.workspaces.find(request.orgIds, request.input.workspace_id)),
  }));
}
