import { sourceOperations } from "@millrace/contract";
import type { JsonObject } from "@millrace/runner";
import type { Sources } from "../../../sources/index.ts";
import { route, type Route } from "../../route.ts";
import { componentReferenceOf } from "./component-reference.ts";

export function updateSource(services: { sources: Sources }): Route {
  return route(sourceOperations.updateSource, async (request) => {
    const { input } = request;
    const source = await services.sources.update(request.orgIds, input.id, {
      ...componentReferenceOf(input),
      configuredProps: input.configured_props as JsonObject | undefined,
      name: input.name,
      active: input.active,
      ignoreHookErrors: input.ignore_hook_errors,
    });
    return { data: source };
  });
}
