import type { CallReply } from "@millrace/client";
import { useState } from "react";
import { useRead, useStream } from "../../api/index.ts";
import { JsonView } from "../../json/index.ts";
import { Badge, Empty, ErrorNote, Loading, Panel, Time } from "../../ui/index.ts";

type EventSummary = CallReply<"listSourceEvents">["data"][number];
const SHOWN = 100;

/** The newest events of a channel; new ones appear as they are emitted. */
export function EventList({ sourceId, channel }: { sourceId: string; channel: string }) {
  const past = useRead("listSourceEvents", { source_id: sourceId, event_name: channel, limit: SHOWN });
  const [arrived, setArrived] = useState<readonly EventSummary[]>([]);
  const [chosenId, setChosenId] = useState<string | null>(null);
  const url = `/v1/sources/${sourceId}/sse?event_name=${encodeURIComponent(channel)}`;
  const stream = useStream(url, (data) => setArrived((before) => [data as EventSummary, ...before].slice(0, SHOWN)));
  if (past.isLoading) return <Loading />;
  if (past.data === undefined) return <ErrorNote error={past.error} onRetry={() => void past.refetch()} />;
  const known = new Set(arrived.map((event) => event.id));
  const events = [...arrived, ...past.data.data.filter((event) => !known.has(event.id))];
  const chosen = events.find((event) => event.id === chosenId) ?? events[0];
  const live = stream === "live" ? <Badge tone="good">live</Badge> : <Badge tone="warn">{stream}</Badge>;
  if (chosen === undefined) {
    return (
      <Panel title="Events" actions={live}>
        <Empty title="No event yet">New events appear here by themselves. “Run now” or “Test event” make one.</Empty>
      </Panel>
    );
  }
  return (
    <div className="grid gap-5 lg:grid-cols-[minmax(0,2fr)_minmax(0,3fr)]">
      <Panel title="Events" actions={live} isFlush>
        <ol className="max-h-[65vh] divide-y overflow-y-auto">
          {events.map((event) => (
            <li key={event.id}>
              <button
                type="button"
                aria-pressed={event.id === chosen.id}
                onClick={() => setChosenId(event.id)}
                className="flex w-full items-baseline gap-3 px-4 py-2 text-left text-sm hover:bg-raised/60 aria-pressed:bg-accent-soft"
              >
                <span className="min-w-0 flex-1 truncate">{event.metadata.summary ?? preview(event.event)}</span>
                <span className="text-xs text-muted">
                  <Time atMs={event.indexed_at_ms} />
                </span>
              </button>
            </li>
          ))}
        </ol>
      </Panel>
      <EventDetail key={chosen.id} sourceId={sourceId} channel={channel} event={chosen} />
    </div>
  );
}

interface EventDetailProps {
  sourceId: string;
  channel: string;
  event: EventSummary;
}

function EventDetail({ sourceId, channel, event }: EventDetailProps) {
  // Large events come cut in lists: the whole one is read when it is looked at.
  const [ms = "0", sequence = "0"] = event.id.split("-");
  const next = `${ms}-${Number(sequence) + 1}`;
  const whole = useRead(
    "listSourceEvents",
    { source_id: sourceId, event_name: channel, limit: 1, expand: "event", after: next },
    { enabled: event.truncated === true },
  );
  const value = event.truncated === true ? whole.data?.data[0]?.event : event.event;
  return (
    <Panel title={event.metadata.summary ?? "Event"}>
      {value === undefined && whole.isLoading ? <Loading /> : <JsonView value={value} openLevels={3} />}
      <dl className="mt-4 grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 border-t pt-3 text-xs text-muted">
        <dt>Event</dt>
        <dd className="font-mono">{event.id}</dd>
        <dt>Emit</dt>
        <dd className="font-mono">{event.metadata.emit_id}</dd>
        {event.metadata.id !== undefined && (
          <>
            <dt>Deduplicated by</dt>
            <dd className="font-mono">{event.metadata.id}</dd>
          </>
        )}
      </dl>
    </Panel>
  );
}

function preview(event: unknown): string {
  return typeof event === "string" ? event : JSON.stringify(event);
}
