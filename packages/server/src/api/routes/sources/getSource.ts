import { sourceOperations } from "@millrace/contract";
import type { Sources } from "../../../sources/index.ts";
import { route, type Route } from "../../route.ts";

export function getSource(services: { sources: Sources }): Route {
  return route(sourceOperations.getSource, async (request) => ({
    data: await services.sources.find(request.orgIds, request.input.id),
  }));
}
