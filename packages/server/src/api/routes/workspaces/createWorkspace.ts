import { workspaceOperations } from "@millrace/contract";
import type { ApiKeys, Usage, Workspaces } from "../../../accounts/index.ts";
import { asUser } from "../../request.ts";
import { route, type Route } from "../../route.ts";

interface Services {
  workspaces: Workspaces;
  apiKeys: ApiKeys;
  usage: Usage;
}

export function createWorkspace(services: Services): Route {
  return route(workspaceOperations.createWorkspace, async (request) => {
    const user = asUser(request.principal);
    const workspace = await services.workspaces.create(user, request.input.name);
    await services.apiKeys.membershipsChanged(user.userId);
    request.auditNote.orgId = workspace.org_id;
    return { data: await services.usage.describe(workspace) };
  });
}
