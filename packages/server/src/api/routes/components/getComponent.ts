import { componentOperations } from "@millrace/contract";
import type { Components } from "../../../registry/index.ts";
import { route, type Route } from "../../route.ts";
import { componentOf } from "./component-view.ts";

export function getComponent(services: { components: Components }): Route {
  return route(componentOperations.getComponent, async (request) => {
    const { id_or_key: idOrKey, version } = request.input;
    return { data: componentOf(await services.components.lookUp(request.orgIds, { idOrKey, version })) };
  });
}
