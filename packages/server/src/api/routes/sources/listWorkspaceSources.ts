import { sourceOperations } from "@millrace/contract";
import { pageReply, pageRequestOf } from "../../../core/index.ts";
import type { Sources } from "../../../sources/index.ts";
import { route, type Route } from "../../route.ts";

export function listWorkspaceSources(services: { sources: Sources }): Route {
  return route(sourceOperations.listWorkspaceSources, async (request) => {
    const orgId = request.memberOf(request.input.workspace_id);
    const page = await services.sources.list([orgId], pageRequestOf(request.input));
    return pageReply(page, { idOf: (source) => source.id, itemOf: (source) => source });
  });
}
