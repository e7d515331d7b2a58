/** Projects of a workspace. */
import type { Route } from "../../route.ts";
import type { ApiServices } from "../../services.ts";
import { createProject } from "./createProject.ts";
import { getProject } from "./getProject.ts";
import { listProjects } from "./listProjects.ts";

export function projectRoutes(services: Pick<ApiServices, "projects">): Route[] {
  return [createProject(services), getProject(services), listProjects(services)];
}
