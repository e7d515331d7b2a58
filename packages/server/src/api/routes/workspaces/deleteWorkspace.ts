import { workspaceOperations } from "@millrace/contract";
import type { ApiServices } from "../../services.ts";
import { invalidInput } from "../../../core/index.ts";
import { asWholeUser } from "../../request.ts";
import { route, type Route } from "../../route.ts";

export function deleteWorkspace(services: Pick<ApiServices, "workspaces" | "workspaceRemoval">): Route {
  return route(workspaceOperations.deleteWorkspace, async (request) => {
    const orgId = request.memberOf(request.input.workspace_id);
    asWholeUser(request.principal);
    const { orgname } = await services.workspaces.find([orgId], orgId);
    if (request.input.confirm !== orgname) {
      throw invalidInput([{ path: "confirm", message: "must be the workspace's orgname" }]);
    }
    request.auditNote.details = { orgname };
    await services.workspaceRemoval.remove(orgId);
    return undefined;
  });
}
