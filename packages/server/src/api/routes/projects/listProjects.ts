import { projectOperations } from "@millrace/contract";
import type { Projects } from "../../../accounts/index.ts";
import { pageReply, pageRequestOf } from "../../../core/index.ts";
import { route, type Route } from "../../route.ts";
import { projectOf } from "./project-view.ts";

export function listProjects(services: { projects: Projects }): Route {
  return route(projectOperations.listProjects, async (request) => {
    const orgId = request.memberOf(request.input.workspace_id);
    const page = await services.projects.list(orgId, pageRequestOf(request.input));
    return pageReply(page, { idOf: (row) => row.project_id, itemOf: projectOf });
  });
}
