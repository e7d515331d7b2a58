import { envOperations } from "@millrace/contract";
import type { Projects } from "../../../accounts/index.ts";
import type { EnvVars } from "../../../workflows/index.ts";
import { route, type Route } from "../../route.ts";
import { variablesOf } from "./env-view.ts";

export function getProjectEnv(services: { envVars: EnvVars; projects: Projects }): Route {
  return route(envOperations.getProjectEnv, async (request) => {
    const { org_id: orgId, project_id: projectId } = await services.projects.find(
      request.orgIds,
      request.input.project_id,
    );
    const scope = { orgId, projectId };
    return { data: variablesOf(await services.envVars.list(scope)) };
  });
}
