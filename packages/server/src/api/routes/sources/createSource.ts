import { sourceOperations } from "@millrace/contract";
import type { JsonObject } from "@millrace/runner";
import type { Sources } from "../../../sources/index.ts";
import { route, type Route } from "../../route.ts";
import { componentReferenceOf } from "./component-reference.ts";

export function createSource(services: { sources: Sources }): Route {
  return route(sourceOperations.createSource, async (request) => {
    const { input, principal } = request;
    const source = await services.sources.create({
      orgId: request.orgId(),
      userId: principal.kind === "user" ? principal.userId : null,
      ...componentReferenceOf(input),
      configuredProps: (input.configured_props ?? {}) as JsonObject,
      name: input.name,
    });
    return { data: source };
  });
}
