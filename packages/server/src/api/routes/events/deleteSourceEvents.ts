import { eventOperations } from "@millrace/contract";
import type { EventSummaries } from "../../../events/index.ts";
import { route, type Route } from "../../route.ts";

export function deleteSourceEvents(services: { summaries: EventSummaries }): Route {
  return route(eventOperations.deleteSourceEvents, async (request) => {
    const { input, orgIds } = request;
    const orgId = await services.summaries.ownerOf(orgIds, input.source_id);
    const channel = { orgId, emitterId: input.source_id, channel: input.event_name ?? "" };
    await services.summaries.delete(channel, { startId: input.start_id, endId: input.end_id });
    return {};
  });
}
