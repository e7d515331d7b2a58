/** Components, and finding them. */
import type { Route } from "../../route.ts";
import type { ApiServices } from "../../services.ts";
import { createComponent } from "./createComponent.ts";
import { getComponent } from "./getComponent.ts";
import { getRegistryComponent } from "./getRegistryComponent.ts";
import { listComponents } from "./listComponents.ts";
import { listRegistry } from "./listRegistry.ts";
import { publishComponent } from "./publishComponent.ts";
import { searchComponents } from "./searchComponents.ts";
import { unpublishComponent } from "./unpublishComponent.ts";

type ComponentServices = Pick<ApiServices, "components" | "componentSearch" | "workspaces">;

export function componentRoutes(services: ComponentServices): Route[] {
  return [
    createComponent(services),
    listComponents(services),
    listRegistry(services),
    searchComponents(services),
    getComponent(services),
    getRegistryComponent(services),
    publishComponent(services),
    unpublishComponent(services),
  ];
}
