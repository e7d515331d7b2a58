/** The catalogue of apps. */
import type { Route } from "../../route.ts";
import type { ApiServices } from "../../services.ts";
import { createApp } from "./createApp.ts";
import { deleteApp } from "./deleteApp.ts";
import { getApp } from "./getApp.ts";
import { getAppDefinition } from "./getAppDefinition.ts";
import { getAppLogo } from "./getAppLogo.ts";
import { listApps } from "./listApps.ts";
import { updateApp } from "./updateApp.ts";

export function appRoutes(services: Pick<ApiServices, "apps" | "workspaces">): Route[] {
  return [
    listApps(services),
    getApp(services),
    getAppDefinition(services),
    getAppLogo(services),
    createApp(services),
    updateApp(services),
    deleteApp(services),
  ];
}
