/** The catalogue of apps. */
import type { Route } from "../../route.ts";
import type { ApiServices } from "../../services.ts";
import { getApp } from "./getApp.ts";
import { listApps } from "./listApps.ts";

export function appRoutes(services: Pick<ApiServices, "apps">): Route[] {
  return [getApp(services), listApps(services)];
}
