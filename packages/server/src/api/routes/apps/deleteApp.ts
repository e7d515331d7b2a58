import { appOperations } from "@millrace/contract";
import type { Apps, Workspaces } from "../../../accounts/index.ts";
import { route, type Route } from "../../route.ts";
import { assertOperator } from "../../operator.ts";

export function deleteApp(services: { apps: Apps; workspaces: Workspaces }): Route {
  return route(appOperations.deleteApp, async (request) => {
    await assertOperator(services, request);
    await services.apps.editor.reset(request.input.app_id);
    return undefined;
  });
}
