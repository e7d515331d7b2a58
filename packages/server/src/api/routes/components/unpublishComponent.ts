import { componentOperations } from "@millrace/contract";
import type { Workspaces } from "../../../accounts/index.ts";
import type { Components } from "../../../registry/index.ts";
import { isOperator } from "../../operator.ts";
import { route, type Route } from "../../route.ts";

export function unpublishComponent(services: { components: Components; workspaces: Workspaces }): Route {
  return route(componentOperations.unpublishComponent, async (request) => {
    const { key, version } = request.input;
    // What was published before only the operator could is theirs to take down too.
    const publishers = (await isOperator(services, request)) ? null : request.orgIds;
    await services.components.unpublish(publishers, { key, version });
    return {};
  });
}
