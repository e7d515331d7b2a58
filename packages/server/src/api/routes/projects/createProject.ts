import { projectOperations } from "@millrace/contract";
import type { Projects } from "../../../accounts/index.ts";
import { route, type Route } from "../../route.ts";
import { projectOf } from "./project-view.ts";

export function createProject(services: { projects: Projects }): Route {
  return route(projectOperations.createProject, async (request) => ({
    data: projectOf(await services.projects.create(request.orgId(), request.input.name)),
  }));
}
