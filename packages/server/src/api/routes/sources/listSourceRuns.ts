import { sourceOperations } from "@millrace/contract";
import { pageReply, pageRequestOf } from "../../../core/index.ts";
import type { Sources } from "../../../sources/index.ts";
import { route, type Route } from "../../route.ts";

export function listSourceRuns(services: { sources: Sources }): Route {
  return route(sourceOperations.listSourceRuns, async (request) => {
    const page = await services.sources.listRuns(request.orgIds, request.input.id, pageRequestOf(request.input));
    return pageReply(page, { idOf: (run) => run.id, itemOf: (run) => run });
  });
}
