import { envOperations } from "@millrace/contract";
import type { EnvVars } from "../../../workflows/index.ts";
import { route, type Route } from "../../route.ts";
import { variablesOf } from "./env-view.ts";

export function getWorkspaceEnv(services: { envVars: EnvVars }): Route {
  return route(envOperations.getWorkspaceEnv, async (request) => {
    const scope = { orgId: request.memberOf(request.input.workspace_id), projectId: null };
    return { data: variablesOf(await services.envVars.list(scope)) };
  });
}
