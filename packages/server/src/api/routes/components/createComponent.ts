import { componentOperations } from "@millrace/contract";
import { invalidInput } from "../../../core/index.ts";
import type { Components } from "../../../registry/index.ts";
import { route, type Route } from "../../route.ts";
import { componentOf } from "./component-view.ts";

export function createComponent(services: { components: Components }): Route {
  return route(componentOperations.createComponent, async (request) => {
    const { component_code: code, component_url: url } = request.input;
    if (code !== undefined) {
      return { data: componentOf(await services.components.createFromCode(request.orgId(), code, url)) };
    }
    if (url !== undefined) return { data: componentOf(await services.components.createFromUrl(request.orgId(), url)) };
    throw invalidInput([{ path: "component_code", message: "is required, or component_url" }]);
  });
}
