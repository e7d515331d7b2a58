import { sourceOperations } from "@millrace/contract";
import { pageReply, pageRequestOf } from "../../../core/index.ts";
import type { Sources } from "../../../sources/index.ts";
import { route, type Route } from "../../route.ts";

export function listMySources(services: { sources: Sources }): Route {
  return route(sourceOperations.listMySources, async (request) => {
    const page = await services.sources.list(request.orgIds, pageRequestOf(request.input));
    return pageReply(page, { idOf: (source) => source.id, itemOf: (source) => source });
  });
}
