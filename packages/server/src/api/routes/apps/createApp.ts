import { appOperations } from "@millrace/contract";
import type { Apps, Workspaces } from "../../../accounts/index.ts";
import { route, type Route } from "../../route.ts";
import { assertOperator } from "../../operator.ts";
import { appOf } from "./app-view.ts";

export function createApp(services: { apps: Apps; workspaces: Workspaces }): Route {
  return route(appOperations.createApp, async (request) => {
    await assertOperator(services, request);
    const appId = await services.apps.editor.create(request.input.definition);
    return { data: appOf(await services.apps.find(appId)) };
  });
}
