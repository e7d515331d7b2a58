import { appOperations } from "@millrace/contract";
import type { Apps } from "../../../accounts/index.ts";
import { route, type Route } from "../../route.ts";
import { appOf } from "./app-view.ts";

export function getApp(services: { apps: Apps }): Route {
  return route(appOperations.getApp, async (request) => {
    const app = appOf(await services.apps.find(request.input.app_id));
    return { data: request.input.shape === "seed" ? [app] : app };
  });
}
