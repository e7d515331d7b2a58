import { eventIdTimeMs, formatEventId, invalidInput, notFound, parseEventId } from "../core/index.ts";
import type { Database } from "../db/index.ts";
import type { EventMetadata } from "../queue/index.ts";
import { findParticipants } from "./participants.ts";

export interface EmitterChannel {
  orgId: string;
  emitterId: string;
  channel: string;
}

export interface SummaryQuery extends EmitterChannel {
  limit: number;
  /** Event ids as users write them. */
  after?: string | undefined;
  before?: string | undefined;
  /** Show large events in full. */
  isExpanded: boolean;
}

export interface EventSummary {
  id: string;
  indexed_at_ms: number;
  event: unknown;
  truncated?: true;
  metadata: {
    emit_id: string;
    name: string;
    emitter_id: string;
    id?: string;
    summary?: string;
    ts?: number;
    delivery_ts?: number;
  };
}

export interface SummaryPage {
  page_info: { total_count: number; count: number; start_cursor: string | null; end_cursor: string | null };
  data: EventSummary[];
}

export interface EventRow {
  event_id: number;
  emit_id: string;
  channel: string;
  payload: string;
  metadata: string | null;
  deliver_at_ms: number | null;
}

/** The channel of events that are put off. */
export const PENDING_CHANNEL = "$in";
const FULL_LIMIT_BYTES = 1024;
const CUT_CHARACTERS = 1000;
const COUNT_LIMIT = 10_000;

/** Reads and deletes what emitters have emitted. Costs the same however many events there are. */
export class EventSummaries {
  readonly #db: Database;

  constructor(options: { db: Database }) {
    this.#db = options.db;
  }

  /** A page, newest first; cursors are event ids. `total_count` stops at 10,000. @throws ApiError 400 for a bad cursor */
  async list(query: SummaryQuery): Promise<SummaryPage> {
    const after = cursorOf("after", query.after);
    const before = cursorOf("before", query.before);
    const isBackwards = before !== null && after === null;
    const { from, values } = tableOf(query);
    const [page, count] = await Promise.all([
      this.#db.query<EventRow>(
        `select event_id, emit_id, channel, payload, metadata, deliver_at_ms from ${from}
         and ($4::bigint is null or event_id < $4) and ($5::bigint is null or event_id > $5)
         order by event_id ${isBackwards ? "asc" : "desc"} limit $6`,
        [...values, after, before, query.limit],
      ),
      this.#db.query<{ count: number }>(
        `select count(*) as count from (select from ${from} limit ${COUNT_LIMIT}) as counted`,
        values,
      ),
    ]);
    const rows = isBackwards ? page.rows.toReversed() : page.rows;
    const data = rows.map((row) => summaryOf(row, query));
    return {
      page_info: {
        total_count: count.rows[0]?.count ?? 0,
        count: data.length,
        start_cursor: data[0]?.id ?? null,
        end_cursor: data.at(-1)?.id ?? null,
      },
      data,
    };
  }

  /** The workspace, of those given, that an emitter belongs to. @throws ApiError 404 */
  async ownerOf(orgIds: readonly string[], emitterId: string): Promise<string> {
    const [orgId] = await findParticipants(this.#db, { orgIds, id: emitterId });
    if (orgId === undefined || emitterId.startsWith("wh_")) throw notFound(`Emitter ${emitterId}`);
    return orgId;
  }

  /** The events after one, oldest first: how streams go on. */
  async following(of: EmitterChannel, { afterId, limit }: { afterId: number; limit: number }): Promise<EventRow[]> {
    const { rows } = await this.#db.query<EventRow>(
      `select event_id, emit_id, channel, payload, metadata, null::bigint as deliver_at_ms from events
       where org_id = $1 and emitter_id = $2 and channel = $3 and event_id > $4 order by event_id limit $5`,
      [of.orgId, of.emitterId, of.channel, afterId, limit],
    );
    return rows;
  }

  /** The id that the emitter's newest event has at the most. */
  async head(of: EmitterChannel): Promise<number> {
    const { rows } = await this.#db.query<{ head: number }>(
      "select head from emitter_heads where org_id = $1 and emitter_id = $2",
      [of.orgId, of.emitterId],
    );
    return rows[0]?.head ?? 0;
  }

  /**
   * Deletes a channel's events from `startId` to `endId`, both included; on `$in`, the pending ones. Deliveries of them
   * that nobody works on yet go too. @throws ApiError 400 for a bad id
   */
  async delete(of: EmitterChannel, range: { startId?: string | undefined; endId?: string | undefined }): Promise<void> {
    const start = cursorOf("start_id", range.startId) ?? 0;
    const end = cursorOf("end_id", range.endId) ?? Number.MAX_SAFE_INTEGER;
    if (of.channel === PENDING_CHANNEL) {
      await this.#db.query(
        "delete from scheduled_emits where org_id = $1 and emitter_id = $2 and event_id between $3 and $4",
        [of.orgId, of.emitterId, start, end],
      );
      return;
    }
    await this.#db.query(DELETE_EVENTS, [of.orgId, of.emitterId, of.channel, start, end]);
  }
}

const DELETE_EVENTS = `
with gone as (
  delete from events where org_id = $1 and emitter_id = $2 and channel = $3 and event_id between $4 and $5
  returning event_id)
delete from deliveries using gone
where org_id = $1 and emitter_id = $2 and channel = $3 and deliveries.event_id = gone.event_id and node_id is null`;

/** $1 org, $2 emitter, $3 channel. */
function tableOf(of: EmitterChannel): { from: string; values: unknown[] } {
  const from =
    of.channel === PENDING_CHANNEL
      ? "scheduled_emits where org_id = $1 and emitter_id = $2 and $3::text is not null"
      : "(select *, null::bigint as deliver_at_ms from events) as event where org_id = $1 and emitter_id = $2 and channel = $3";
  return { from, values: [of.orgId, of.emitterId, of.channel] };
}

function cursorOf(path: string, text: string | undefined): number | null {
  if (text === undefined || text === "") return null;
  const eventId = parseEventId(text);
  if (eventId === null) throw invalidInput([{ path, message: "is not an event id" }]);
  return eventId;
}

/** An event as lists and streams show it. */
export function summaryOf(row: EventRow, of: { emitterId: string; isExpanded: boolean }): EventSummary {
  const metadata = row.metadata === null ? {} : (JSON.parse(row.metadata) as EventMetadata);
  const isCut =
    !of.isExpanded && row.payload.length > FULL_LIMIT_BYTES / 4 && Buffer.byteLength(row.payload) > FULL_LIMIT_BYTES;
  return {
    id: formatEventId(row.event_id),
    indexed_at_ms: eventIdTimeMs(row.event_id),
    event: isCut ? row.payload.slice(0, CUT_CHARACTERS) : parsed(row.payload),
    ...(isCut && { truncated: true }),
    metadata: {
      emit_id: row.emit_id,
      name: row.channel,
      emitter_id: of.emitterId,
      ...metadata,
      ...(row.deliver_at_ms !== null && { delivery_ts: row.deliver_at_ms }),
    },
  };
}

// A sandbox may claim anything to be JSON.
function parsed(payload: string): unknown {
  try {
    return JSON.parse(payload) as unknown;
  } catch {
    return payload;
  }
}
