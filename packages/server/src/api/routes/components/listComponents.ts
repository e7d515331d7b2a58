import { componentOperations } from "@millrace/contract";
import { pageReply, pageRequestOf } from "../../../core/index.ts";
import type { Components } from "../../../registry/index.ts";
import { route, type Route } from "../../route.ts";
import { listedComponentOf } from "./component-view.ts";

export function listComponents(services: { components: Components }): Route {
  return route(componentOperations.listComponents, async (request) => {
    const { q: text, type: kind, app } = request.input;
    const query = { text, kind, app, page: pageRequestOf(request.input) };
    const page = await services.components.list(request.orgIds, query);
    return pageReply(page, { idOf: (row) => row.componentId, itemOf: listedComponentOf });
  });
}
