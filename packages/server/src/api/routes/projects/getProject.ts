import { projectOperations } from "@millrace/contract";
import type { Projects } from "../../../accounts/index.ts";
import { route, type Route } from "../../route.ts";
import { projectOf } from "./project-view.ts";

export function getProject(services: { projects: Projects }): Route {
  return route(projectOperations.getProject, async (request) => ({
    data: projectOf(await services.projects.find(request.orgIds, request.input.project_id)),
  }));
}
