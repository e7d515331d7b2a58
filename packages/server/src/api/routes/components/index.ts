/** Components and the registry. */
import type { Route } from "../../route.ts";
import type { ApiServices } from "../../services.ts";
import { createComponent } from "./createComponent.ts";
import { getComponent } from "./getComponent.ts";
import { getRegistryComponent } from "./getRegistryComponent.ts";
import { publishComponent } from "./publishComponent.ts";
import { unpublishComponent } from "./unpublishComponent.ts";

export function componentRoutes(services: Pick<ApiServices, "components">): Route[] {
  return [
    createComponent(services),
    getComponent(services),
    getRegistryComponent(services),
    publishComponent(services),
    unpublishComponent(services),
  ];
}
