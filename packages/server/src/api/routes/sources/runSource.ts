import { sourceOperations } from "@millrace/contract";
import type { JsonObject } from "@millrace/runner";
import type { Sources } from "../../../sources/index.ts";
import { route, type Route } from "../../route.ts";

export function runSource(services: { sources: Sources }): Route {
  return route(sourceOperations.runSource, async (request) => {
    const event = (request.input.event ?? {}) as JsonObject;
    return { data: await services.sources.run(request.orgIds, request.input.id, event) };
  });
}
