import type { Database } from "../db/index.ts";
import type { EventMetadata } from "../queue/index.ts";
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
const RETRY_AFTER_ERROR_MS = 1_000;
const MAX_TIMER_MS = 2_000_000_000;

/**
 * Turns emits that were put off into events when their time comes. Any number of nodes may do so: removing the pending
 * emit and storing the event are one step, so each becomes an event once.
 */
export class ScheduledEmits {
  readonly #options: ScheduledEmitsOptions;
  #timer: NodeJS.Timeout | null = null;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #round: Promise<void> | null = null;
  /** Something came up while a round was under way. */
  #isDirty = false;
  #isRunning = false;

  constructor(options: ScheduledEmitsOptions) {
    this.#options = options;
  }

  start(): void {
    this.#isRunning = true;
    this.#wakeAt(Date.now());
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    this.#clearTimer();
    await this.#round;
  }

  /** An emit was put off until then. */
  waiting(dueAtMs: number): void {
    this.#wakeAt(dueAtMs);
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

  #wakeAt(atMs: number): void {
    if (!this.#isRunning || atMs >= this.#timerAtMs) return;
    this.#clearTimer();
    this.#timerAtMs = atMs;
    this.#timer = setTimeout(() => this.#start(), Math.min(Math.max(0, atMs - Date.now()), MAX_TIMER_MS)).unref();
  }

  #clearTimer(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#timerAtMs = Number.POSITIVE_INFINITY;
  }

  #start(): void {
    this.#clearTimer();
    if (this.#round) {
      this.#isDirty = true;
      return;
    }
    this.#round = this.#runRound().finally(() => {
      this.#round = null;
      if (this.#isDirty) this.#wakeAt(Date.now());
      this.#isDirty = false;
    });
  }

  async #runRound(): Promise<void> {
    try {
      await this.tick(Date.now());
      const { rows } = await this.#options.db.query<{ next_ms: number | null }>(
        "select min(deliver_at_ms) as next_ms from scheduled_emits",
      );
      const floorAtMs = Date.now() + (this.#options.floorMs ?? DEFAULT_FLOOR_MS);
      this.#wakeAt(Math.min(rows[0]?.next_ms ?? floorAtMs, floorAtMs));
    } catch (error) {
      this.#options.onError?.(error);
      this.#wakeAt(Date.now() + RETRY_AFTER_ERROR_MS);
    }
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
