import { componentOperations } from "@millrace/contract";
import type { Components } from "../../../registry/index.ts";
import { route, type Route } from "../../route.ts";

export function unpublishComponent(services: { components: Components }): Route {
  return route(componentOperations.unpublishComponent, async (request) => {
    await services.components.unpublish(request.orgIds, { key: request.input.key, version: request.input.version });
    return {};
  });
}
