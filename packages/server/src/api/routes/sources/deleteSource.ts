import { sourceOperations } from "@millrace/contract";
import type { Sources } from "../../../sources/index.ts";
import { route, type Route } from "../../route.ts";

export function deleteSource(services: { sources: Sources }): Route {
  return route(sourceOperations.deleteSource, async (request) => {
    const { id, ignore_hook_errors: ignoreHookErrors = false } = request.input;
    await services.sources.delete(request.orgIds, id, { ignoreHookErrors });
    return undefined;
  });
}
