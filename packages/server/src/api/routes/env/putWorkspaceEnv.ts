import { envOperations } from "@millrace/contract";
import type { EnvVars } from "../../../workflows/index.ts";
import { route, type Route } from "../../route.ts";
import { variablesOf } from "./env-view.ts";

export function putWorkspaceEnv(services: { envVars: EnvVars }): Route {
  return route(envOperations.putWorkspaceEnv, async (request) => {
    const scope = { orgId: request.memberOf(request.input.workspace_id), projectId: null };
    await services.envVars.put(scope, request.input.fields);
    return { data: variablesOf(await services.envVars.list(scope)) };
  });
}
