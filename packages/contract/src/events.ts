import { Type } from "typebox";
import { emptyReply, pageOf } from "./conventions.ts";
import { operation } from "./operation.ts";

export const eventSummarySchema = Type.Object({
  id: Type.String({ description: "`<ms>-<sequence>`; grows with every event of an emitter." }),
  indexed_at_ms: Type.Integer(),
  event: Type.Unknown({ description: "The event; when `truncated`, the first 1,000 characters of its JSON." }),
  truncated: Type.Optional(Type.Literal(true)),
  metadata: Type.Object({
    emit_id: Type.String({ description: "KSUID." }),
    name: Type.String({ description: "The channel." }),
    emitter_id: Type.String(),
    id: Type.Optional(Type.String({ description: "What the component gave for deduplication." })),
    summary: Type.Optional(Type.String()),
    ts: Type.Optional(Type.Integer()),
    delivery_ts: Type.Optional(
      Type.Integer({ description: "On `$in`: epoch milliseconds at which it will be delivered." }),
    ),
  }),
});

const eventId = (description: string) => Type.Optional(Type.String({ description }));
const sourceId = Type.Object({ source_id: Type.String({ description: "`dc_…`" }) });
const channel = Type.Optional(
  Type.String({
    maxLength: 200,
    description: "The channel, `$errors`, `$logs`, or `$in` for events that are put off.",
  }),
);
const tag = "Events";

export const eventOperations = {
  listSourceEvents: operation({
    id: "listSourceEvents",
    method: "GET",
    path: "/sources/:source_id/event_summaries",
    summary: "Get the events of a source, newest first",
    description: "Events larger than 1 KB are cut unless `expand=event`.",
    tag,
    access: "token",
    params: sourceId,
    query: Type.Object({
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, description: "Default 100." })),
      expand: Type.Optional(Type.Literal("event", { description: "`event`: show events in full." })),
      event_name: channel,
      after: eventId("An event's id: the page that follows it, that is, older events."),
      before: eventId("An event's id: the page that ends before it."),
    }),
    status: 200,
    reply: pageOf(eventSummarySchema),
  }),
  deleteSourceEvents: operation({
    id: "deleteSourceEvents",
    method: "DELETE",
    path: "/sources/:source_id/events",
    summary: "Delete events of a source",
    description:
      "All of a channel, or those from `start_id` to `end_id`, both included. On `$in` this cancels events that are put off. " +
      "Deliveries of deleted events that have not begun are dropped.",
    tag,
    access: "token",
    params: sourceId,
    query: Type.Object({
      start_id: eventId("The first event to delete."),
      end_id: eventId("The last event to delete."),
      event_name: channel,
    }),
    status: 202,
    reply: emptyReply,
  }),
  streamSourceEvents: operation({
    id: "streamSourceEvents",
    method: "GET",
    path: "/sources/:source_id/sse",
    summary: "Follow the events of a source as server-sent events",
    description:
      "Each message's `id` is the event's id: reconnect with `Last-Event-ID` to go on without a gap. A comment is sent every 15 s.",
    tag,
    access: "token",
    params: sourceId,
    query: Type.Object({ event_name: channel }),
    status: 200,
    reply: eventSummarySchema,
    streams: "sse",
  }),
};
