import { eventOperations } from "@millrace/contract";
import type { EventSummaries } from "../../../events/index.ts";
import { route, type Route } from "../../route.ts";

const DEFAULT_LIMIT = 100;

export function listSourceEvents(services: { summaries: EventSummaries }): Route {
  return route(eventOperations.listSourceEvents, async (request) => {
    const { input, orgIds } = request;
    return services.summaries.list({
      orgId: await services.summaries.ownerOf(orgIds, input.source_id),
      emitterId: input.source_id,
      channel: input.event_name ?? "",
      limit: input.limit ?? DEFAULT_LIMIT,
      after: input.after,
      before: input.before,
      isExpanded: input.expand === "event",
    });
  });
}
