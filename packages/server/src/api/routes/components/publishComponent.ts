import { componentOperations } from "@millrace/contract";
import type { Components } from "../../../registry/index.ts";
import { route, type Route } from "../../route.ts";
import { componentOf } from "./component-view.ts";

export function publishComponent(services: { components: Components }): Route {
  return route(componentOperations.publishComponent, async (request) => ({
    data: componentOf(await services.components.publish(request.orgIds, request.input.id)),
  }));
}
