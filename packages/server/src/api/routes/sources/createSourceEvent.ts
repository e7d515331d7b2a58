import { sourceOperations } from "@millrace/contract";
import type { Sources } from "../../../sources/index.ts";
import { route, type Route } from "../../route.ts";

export function createSourceEvent(services: { sources: Sources }): Route {
  return route(sourceOperations.createSourceEvent, async (request) => {
    const { input } = request;
    const appended = await services.sources.emitTestEvent(request.orgIds, input.source_id, {
      event: input.event,
      channel: input.event_name ?? "",
      id: input.id === undefined ? undefined : String(input.id),
      summary: input.summary,
    });
    return { data: appended };
  });
}
