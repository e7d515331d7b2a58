/** Environment variables of workspaces and projects. */
import type { Projects } from "../../../accounts/index.ts";
import type { EnvVars } from "../../../workflows/index.ts";
import type { Route } from "../../route.ts";
import { getProjectEnv } from "./getProjectEnv.ts";
import { getWorkspaceEnv } from "./getWorkspaceEnv.ts";
import { putProjectEnv } from "./putProjectEnv.ts";
import { putWorkspaceEnv } from "./putWorkspaceEnv.ts";

export function envRoutes(services: { envVars: EnvVars; projects: Projects }): Route[] {
  return [getProjectEnv(services), getWorkspaceEnv(services), putProjectEnv(services), putWorkspaceEnv(services)];
}
