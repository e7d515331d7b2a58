import type { Database } from "../db/index.ts";
import { Alarm, type EventMetadata } from "../queue/index.ts";
import type { CommitOutcome, CommitUnit } from "./commit-unit.ts";

export interface ScheduledEmitsOptions {
  db: Database;
  commit(unit: CommitUnit): Promise<CommitOutcome>;
  onError?(error: unknown): void;
  /** The slowest that a pending emit is noticed whose hint was lost. */
  floorMs?: number;
}

interface DueRow {
  org_id: string;
  emitter_id: string;
  event_id: number;
  channel: string;
  emit_id: string;
  payload: string;
  metadata: string | null;
  direct_listener_id: string | null;
}

const BATCH = 256;
const DEFAULT_FLOOR_MS = 60_000;

/**
 * Turns emits that were put off into events when their time comes. Any number of nodes may do so: removing the pending
 * emit and storing the event are one step, so each becomes an event once.
 */
export class ScheduledEmits {
  readonly #options: ScheduledEmitsOptions;
  readonly #alarm: Alarm;

  constructor(options: ScheduledEmitsOptions) {
    this.#options = options;
    const { onError } = options;
    this.#alarm = new Alarm({ round: () => this.#round(), ...(onError && { onError }) });
  }

  /** An emit was put off until then. */
  waiting(dueAtMs: number): void {
    this.#alarm.wakeAt(dueAtMs);
  }

  /** One round: moves everything that is due. Returns how many became events here. */
  async tick(nowMs: number): Promise<number> {
    let moved = 0;
    for (;;) {
      const { rows } = await this.#options.db.query<DueRow>(
        `select org_id, emitter_id, event_id, channel, emit_id, payload, metadata, direct_listener_id
         from scheduled_emits
         where deliver_at_ms <= $1 order by deliver_at_ms, event_id limit ${BATCH}`,
        [nowMs],
      );
      const outcomes = await Promise.all(rows.map((row) => this.#options.commit(unitOf(row))));
      moved += outcomes.filter((outcome) => outcome.held).length;
      if (rows.length < BATCH) return moved;
    }
  }

  start(): void {
    this.#alarm.start();
  }

  stop(): Promise<void> {
    return this.#alarm.stop();
  }

  async #round(): Promise<number> {
    await this.tick(Date.now());
    const { rows } = await this.#options.db.query<{ next_ms: number | null }>(
      "select min(deliver_at_ms) as next_ms from scheduled_emits",
    );
    const floorAtMs = Date.now() + (this.#options.floorMs ?? DEFAULT_FLOOR_MS);
    return Math.min(rows[0]?.next_ms ?? floorAtMs, floorAtMs);
  }
}

function unitOf(row: DueRow): CommitUnit {
  const { org_id: orgId, emitter_id: emitterId, event_id: eventId } = row;
  const event = {
    orgId,
    emitterId,
    channel: row.channel,
    payload: row.payload,
    emitId: row.emit_id,
    ...(row.direct_listener_id !== null && { directListenerId: row.direct_listener_id }),
    ...(row.metadata !== null && { metadata: JSON.parse(row.metadata) as EventMetadata }),
  };
  return { scheduledEmit: { orgId, emitterId, eventId }, events: [event] };
}
