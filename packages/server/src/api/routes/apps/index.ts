/** The catalogue of apps. */
import type { Route } from "../../route.ts";
import type { ApiServices } from "../../services.ts";
import { getApp } from "./getApp.ts";
import { listApps } from "./listApps.ts";

export function appRoutes(services: ApiServices): Route[] {
  return [getApp(services), listApps(services)];
}
