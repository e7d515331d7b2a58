import { nextTickMs, tickEvent, workflowTickEvent } from "../../core/index.ts";
import { isUnavailable, Leadership, type Database } from "../../db/index.ts";
import { RefusedError, type CommitOutcome, type CommitUnit, type EventLog } from "../../events/index.ts";
import { TRIGGER_CHANNEL, type Timer, type TimerOwner, type Timers } from "../../sources/index.ts";
import { TimerQueue } from "./timer-queue.ts";

export interface TimerIngestOptions {
  db: Database;
  log: Pick<EventLog, "commit">;
  timers: Timers;
  onError(error: unknown): void;
  /** How often a node that does not fire timers asks whether it should. */
  leadershipRetryMs?: number;
  longestSleepMs?: number;
}

// A clock that is set forward, or a machine that slept, moves what is due closer than the alarm knows.
const LONGEST_SLEEP_MS = 60_000;
const RETRY_MS = 1_000;

/**
 * Fires timers: each tick becomes an event of its timer, delivered to the timer's owner. The event and the timer's move to
 * its next tick are one commit, so a tick is neither lost nor fired twice, whatever dies and however many nodes there are.
 * Nothing is asked of the database while nothing is due.
 */
export class TimerIngest {
  readonly #options: TimerIngestOptions;
  readonly #queue = new TimerQueue();
  readonly #leadership: Leadership;
  /** Changes by hints, in order, and apart from firing. */
  #tail: Promise<void> = Promise.resolve();
  #alarm: NodeJS.Timeout | null = null;
  #stopListening: (() => void) | null = null;

  constructor(options: TimerIngestOptions) {
    this.#options = options;
    this.#leadership = new Leadership({
      db: options.db,
      lockName: "millrace timers",
      onGained: () => this.#then(() => this.#reload(null)),
      onError: (error) => isUnavailable(error) || options.onError(error),
      ...(options.leadershipRetryMs !== undefined && { retryMs: options.leadershipRetryMs }),
    });
  }

  /** Whether this is the node that fires. */
  get isLeader(): boolean {
    return this.#leadership.isLeader;
  }

  async start(): Promise<void> {
    this.#stopListening = this.#options.timers.onChange((owner) => this.#then(() => this.#reload(owner)));
    await this.#leadership.start();
    await this.#tail;
  }

  async stop(): Promise<void> {
    this.#stopListening?.();
    this.#stopListening = null;
    this.#leadership.stop();
    this.#queue.clear();
    await this.#tail;
    if (this.#alarm) clearTimeout(this.#alarm);
    this.#alarm = null;
  }

  /** Fires all ticks that are due; one round. Resolves when they are written down. */
  tick(nowMs: number): Promise<void> {
    this.#then(() => this.#fireDue(nowMs));
    return this.#tail;
  }

  #then(work: () => Promise<void>): void {
    this.#tail = this.#tail.then(work).catch((error: unknown) => {
      if (!isUnavailable(error)) this.#options.onError(error);
    });
  }

  async #reload(owner: TimerOwner | null): Promise<void> {
    if (!this.#leadership.isLeader) return;
    const { timers } = this.#options;
    try {
      const loaded = owner ? await timers.loadOf(owner) : await timers.loadAll();
      if (owner) this.#queue.removeOf(owner.ownerId);
      else this.#queue.clear();
      for (const timer of loaded) this.#queue.put(timer);
    } catch (error) {
      setTimeout(() => this.#then(() => this.#reload(null)), RETRY_MS).unref();
      throw error;
    }
    this.#setAlarm();
  }

  #setAlarm(): void {
    if (this.#alarm) clearTimeout(this.#alarm);
    this.#alarm = null;
    const nextAtMs = this.#queue.nextAtMs();
    if (nextAtMs === null || !this.#leadership.isLeader) return;
    const longestMs = this.#options.longestSleepMs ?? LONGEST_SLEEP_MS;
    const delayMs = Math.min(longestMs, Math.max(0, nextAtMs - Date.now()));
    this.#alarm = setTimeout(() => void this.tick(Date.now()), delayMs);
  }

  async #fireDue(nowMs: number): Promise<void> {
    const due = this.#leadership.isLeader ? this.#queue.takeDue(nowMs) : [];
    try {
      if (due.length === 0) return;
      // Ticks of sources wait for each other, those of workflows run side by side.
      const busy = await this.#options.timers.findBusy(due.filter((timer) => !isOfWorkflow(timer)));
      await Promise.all(due.map((timer) => this.#fire(timer, { nowMs, isBusy: busy.has(timer.timerId) })));
    } catch (error) {
      // Whether they were written is unknown: what the database says counts.
      setTimeout(() => this.#then(() => this.#reload(null)), RETRY_MS).unref();
      throw error;
    } finally {
      this.#setAlarm();
    }
  }

  /** A tick whose predecessor is still in work is passed over; one that is refused waits. */
  async #fire(timer: Timer, { nowMs, isBusy }: { nowMs: number; isBusy: boolean }): Promise<void> {
    const nextAtMs = nextTickMs(timer.schedule, { tickMs: timer.nextAtMs, nowMs });
    if (isBusy) await this.#options.timers.skip(timer, nextAtMs);
    else {
      const outcome = await this.#commit(timer, tickUnit(timer, { nowMs, nextAtMs }));
      // Someone else moved it: their hint brings the present state.
      if (!outcome?.held) return;
    }
    if (nextAtMs !== null) this.#queue.put({ ...timer, nextAtMs });
  }

  async #commit(timer: Timer, unit: CommitUnit): Promise<CommitOutcome | null> {
    try {
      return await this.#options.log.commit(unit);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      setTimeout(() => this.#then(() => this.#reload(timer)), error.askAgainMs).unref();
      return null;
    }
  }
}

function tickUnit(timer: Timer, { nowMs, nextAtMs }: { nowMs: number; nextAtMs: number | null }): CommitUnit {
  const { orgId, timerId } = timer;
  return {
    timerTick: { orgId, timerId, dueAtMs: timer.nextAtMs, nextAtMs },
    mayBeRefused: true,
    events: [
      {
        orgId,
        emitterId: timerId,
        channel: TRIGGER_CHANNEL,
        payload: JSON.stringify(tickOf(timer, nowMs)),
        directListenerId: timer.ownerId,
      },
    ],
  };
}

function tickOf(timer: Timer, nowMs: number): object {
  const { schedule, timezone } = timer;
  return isOfWorkflow(timer) ? workflowTickEvent(schedule, { nowMs, timezone }) : tickEvent(schedule, nowMs);
}

function isOfWorkflow({ ownerId }: Timer): boolean {
  return ownerId.startsWith("p_");
}
