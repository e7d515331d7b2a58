import { runOperations } from "@millrace/contract";
import { formatEventId, invalidInput, parseEventId } from "../../../core/index.ts";
import {
  summaryOf,
  type EmitterChannel,
  type EventRow,
  type EventStreams,
  type EventSummaries,
} from "../../../events/index.ts";
import { STREAM_CHANNEL } from "../../../workflows/engine/index.ts";
import { streamRoute, type Route } from "../../route.ts";
import { SseWriter } from "../events/index.ts";

interface Services {
  summaries: EventSummaries;
  streams: EventStreams;
}

/** What a newcomer to the stream of `$.send.sse` gets first. */
const REPLAYED = 100;

export function streamWorkflowEvents(services: Services): Route {
  return streamRoute(runOperations.streamWorkflowEvents, async (request, raw) => {
    const { input, orgIds } = request;
    const orgId = await services.summaries.ownerOf(orgIds, input.workflow_id);
    const of = { orgId, emitterId: input.workflow_id, channel: input.event_name ?? STREAM_CHANNEL };
    const afterId = await positionOf(services, { of, lastEventId: raw.request.headers["last-event-id"] });
    const writer = new SseWriter(raw.response);
    try {
      for await (const rows of services.streams.follow(of, { afterId, signal: request.signal })) {
        for (const row of rows) if (!(await writer.write(messageOf(row, of)))) return;
      }
    } finally {
      writer.close();
    }
  });
}

async function positionOf(
  { summaries, streams }: Services,
  { of, lastEventId }: { of: EmitterChannel; lastEventId: string | string[] | undefined },
): Promise<number> {
  if (typeof lastEventId === "string" && lastEventId !== "") {
    const eventId = parseEventId(lastEventId);
    if (eventId === null) throw invalidInput([{ path: "Last-Event-ID", message: "is not an event id" }]);
    return eventId;
  }
  if (of.channel !== STREAM_CHANNEL) return streams.position(of);
  const { data } = await summaries.list({ ...of, limit: REPLAYED, isExpanded: false });
  const oldest = data.at(-1);
  return oldest === undefined ? streams.position(of) : (parseEventId(oldest.id) ?? 1) - 1;
}

function messageOf(row: EventRow, of: EmitterChannel): { id: string; data: string; name?: string } {
  const id = formatEventId(row.event_id);
  if (of.channel !== STREAM_CHANNEL) {
    return { id, data: JSON.stringify(summaryOf(row, { emitterId: of.emitterId, isExpanded: true })) };
  }
  const { channel, payload } = JSON.parse(row.payload) as { channel?: unknown; payload?: unknown };
  return { id, name: typeof channel === "string" ? channel : "", data: JSON.stringify(payload ?? null) };
}
