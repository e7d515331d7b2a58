import { envOperations } from "@millrace/contract";
import type { Projects } from "../../../accounts/index.ts";
import type { EnvVars } from "../../../workflows/index.ts";
import { route, type Route } from "../../route.ts";
import { variablesOf } from "./env-view.ts";

export function putProjectEnv(services: { envVars: EnvVars; projects: Projects }): Route {
  return route(envOperations.putProjectEnv, async (request) => {
    const { org_id: orgId, project_id: projectId } = await services.projects.find(
      request.orgIds,
      request.input.project_id,
    );
    const scope = { orgId, projectId };
    await services.envVars.put(scope, request.input.fields);
    return { data: variablesOf(await services.envVars.list(scope)) };
  });
}
