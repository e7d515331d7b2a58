import { componentOperations } from "@millrace/contract";
import type { Components } from "../../../registry/index.ts";
import { route, type Route } from "../../route.ts";
import { componentOf } from "./component-view.ts";

export function getRegistryComponent(services: { components: Components }): Route {
  return route(componentOperations.getRegistryComponent, async (request) => ({
    data: componentOf(await services.components.findPublished(request.input.key, request.input.version)),
  }));
}
