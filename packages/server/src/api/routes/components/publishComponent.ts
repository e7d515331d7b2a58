import { componentOperations } from "@millrace/contract";
import type { Workspaces } from "../../../accounts/index.ts";
import type { Components } from "../../../registry/index.ts";
import { assertOperator } from "../../operator.ts";
import { route, type Route } from "../../route.ts";
import { componentOf } from "./component-view.ts";

export function publishComponent(services: { components: Components; workspaces: Workspaces }): Route {
  return route(componentOperations.publishComponent, async (request) => {
    const component = await services.components.findOwn(request.orgIds, request.input.id);
    await assertOperator(services, request);
    return { data: componentOf(await services.components.publish(component)) };
  });
}
