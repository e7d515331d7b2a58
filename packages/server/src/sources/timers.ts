import type { Schedule } from "../core/index.ts";
import type { Kysely } from "kysely";
import { notifyWithin, type Database, type Hint, type Schema } from "../db/index.ts";

/** A timer that ticks. */
export interface Timer {
  readonly orgId: string;
  readonly timerId: string;
  /** Who runs when it ticks, e.g. `dc_…`. */
  readonly ownerId: string;
  readonly schedule: Schedule;
  /** Also of intervals, whose ticks tell the time in it. */
  readonly timezone: string;
  readonly nextAtMs: number;
}

/** Whose timers changed. */
export interface TimerOwner {
  readonly orgId: string;
  /** `dc_…` or `p_…`. */
  readonly ownerId: string;
}

interface TimerRow {
  org_id: string;
  timer_id: string;
  owner_id: string;
  interval_seconds: number | null;
  cron: string | null;
  timezone: string;
  next_at_ms: number;
}

const TIMERS_TOPIC = "timers";
const COLUMNS = "org_id, timer_id, owner_id, interval_seconds, cron, timezone, next_at_ms";

/** Within the transaction that changes an owner's timers: tells the node that fires them. */
export async function announceTimers(trx: Kysely<Schema>, owner: TimerOwner): Promise<void> {
  await notifyWithin(trx, { topic: TIMERS_TOPIC, payload: owner });
}

/** The timers that tick, for whoever fires them. */
export class Timers {
  readonly #db: Database;

  constructor(options: { db: Database }) {
    this.#db = options.db;
  }

  /** Hears whose timers changed; null: anyone's may have. */
  onChange(handler: (owner: TimerOwner | null) => void): () => void {
    return this.#db.listen(TIMERS_TOPIC, (hint) => handler(ownerIn(hint)));
  }

  /** All timers of the instance that will tick again. */
  async loadAll(): Promise<Timer[]> {
    const { rows } = await this.#db.query<TimerRow>(
      `select ${COLUMNS} from timers where active and next_at_ms is not null`,
    );
    return rows.flatMap(timerOf);
  }

  /** Those of one owner. */
  async loadOf(owner: TimerOwner): Promise<Timer[]> {
    const { rows } = await this.#db.query<TimerRow>(
      `select ${COLUMNS} from timers where org_id = $1 and owner_id = $2 and active and next_at_ms is not null`,
      [owner.orgId, owner.ownerId],
    );
    return rows.flatMap(timerOf);
  }

  /** Ids of those timers whose last tick has not been worked off yet. */
  async findBusy(timers: readonly Timer[]): Promise<Set<string>> {
    const { rows } = await this.#db.query<{ emitter_id: string }>(
      `select emitter_id from deliveries
       where (org_id, listener_id) in (select * from unnest($1::text[], $2::text[])) and emitter_id = any($3)`,
      [timers.map((timer) => timer.orgId), timers.map((timer) => timer.ownerId), timers.map((timer) => timer.timerId)],
    );
    return new Set(rows.map((row) => row.emitter_id));
  }

  /** Passes over a tick: moves the timer on unless someone else did. */
  async skip(timer: Timer, nextAtMs: number | null): Promise<void> {
    await this.#db.query(
      "update timers set next_at_ms = $4 where org_id = $1 and timer_id = $2 and active and next_at_ms = $3",
      [timer.orgId, timer.timerId, timer.nextAtMs, nextAtMs],
    );
  }
}

/** The schedule in a row of `timers`. */
export function scheduleOf(row: {
  interval_seconds: number | null;
  cron: string | null;
  timezone: string;
}): Schedule | null {
  if (row.interval_seconds !== null) return { kind: "interval", intervalSeconds: row.interval_seconds };
  return row.cron === null ? null : { kind: "cron", cron: row.cron, timezone: row.timezone };
}

function timerOf(row: TimerRow): Timer[] {
  const schedule = scheduleOf(row);
  if (!schedule) return [];
  const { org_id: orgId, timer_id: timerId, owner_id: ownerId, timezone, next_at_ms: nextAtMs } = row;
  return [{ orgId, timerId, ownerId, schedule, timezone, nextAtMs }];
}

function ownerIn(hint: Hint): TimerOwner | null {
  if (hint.type !== "message" || typeof hint.payload !== "object" || hint.payload === null) return null;
  const { orgId, ownerId }: Partial<Record<keyof TimerOwner, unknown>> = hint.payload;
  return typeof orgId === "string" && typeof ownerId === "string" ? { orgId, ownerId } : null;
}
