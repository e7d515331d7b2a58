import { appOperations } from "@millrace/contract";
import type { Apps } from "../../../accounts/index.ts";
import { route, type Route } from "../../route.ts";

export function getAppDefinition(services: { apps: Apps }): Route {
  return route(appOperations.getAppDefinition, async (request) => {
    const { app_id } = await services.apps.find(request.input.app_id);
    return { data: await services.apps.definitionOf(app_id) };
  });
}
