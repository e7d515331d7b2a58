import { appOperations } from "@millrace/contract";
import type { Apps, Workspaces } from "../../../accounts/index.ts";
import { route, type Route } from "../../route.ts";
import { assertOperator } from "../../operator.ts";
import { appOf } from "./app-view.ts";

export function updateApp(services: { apps: Apps; workspaces: Workspaces }): Route {
  return route(appOperations.updateApp, async (request) => {
    await assertOperator(services, request);
    const appId = await services.apps.editor.override(request.input.app_id, request.input.definition);
    return { data: appOf(await services.apps.find(appId)) };
  });
}
