import { workspaceOperations } from "@millrace/contract";
import type { Usage, Workspaces } from "../../../accounts/index.ts";
import { route, type Route } from "../../route.ts";

export function getWorkspace(services: { workspaces: Workspaces; usage: Usage }): Route {
  return route(workspaceOperations.getWorkspace, async (request) => ({
    data: await services.usage.describe(await services.workspaces.find(request.orgIds, request.input.workspace_id)),
  }));
}
