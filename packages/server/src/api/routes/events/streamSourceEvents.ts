import { eventOperations } from "@millrace/contract";
import { invalidInput, parseEventId } from "../../../core/index.ts";
import { summaryOf, type EventStreams, type EventSummaries } from "../../../events/index.ts";
import { streamRoute, type Route } from "../../route.ts";
import { SseWriter } from "./sse-writer.ts";

export function streamSourceEvents(services: { summaries: EventSummaries; streams: EventStreams }): Route {
  return streamRoute(eventOperations.streamSourceEvents, async (request, raw) => {
    const { input, orgIds } = request;
    const orgId = await services.summaries.ownerOf(orgIds, input.source_id);
    const channel = { orgId, emitterId: input.source_id, channel: input.event_name ?? "" };
    const lastEventId = raw.request.headers["last-event-id"];
    const afterId =
      typeof lastEventId === "string" && lastEventId !== ""
        ? eventIdOf(lastEventId)
        : await services.streams.position(channel);
    const writer = new SseWriter(raw.response);
    try {
      for await (const rows of services.streams.follow(channel, { afterId, signal: request.signal })) {
        for (const row of rows) {
          const event = summaryOf(row, { emitterId: input.source_id, isExpanded: true });
          if (!(await writer.write({ id: event.id, data: JSON.stringify(event) }))) return;
        }
      }
    } finally {
      writer.close();
    }
  });
}

function eventIdOf(text: string): number {
  const eventId = parseEventId(text);
  if (eventId === null) throw invalidInput([{ path: "Last-Event-ID", message: "is not an event id" }]);
  return eventId;
}
