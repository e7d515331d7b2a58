import { claimDue, nextDueAtMs, type NodeSession } from "../queue/index.ts";
import type { Database } from "../db/index.ts";
import type { Dispatcher, WaitingWork } from "./dispatcher.ts";

export interface ClaimLoopOptions {
  db: Database;
  session: NodeSession;
  dispatcher: Dispatcher;
  /** Wakes one other node; called when this one has no room for work that is due. */
  wakeAnother?(): void;
  onError?(error: unknown): void;
  /** The slowest that anything is noticed whose hint was lost. */
  floorMs?: number;
}

const MAX_CLAIM = 128;
const DEFAULT_FLOOR_MS = 60_000;
const BACKLOG_FLOOR_MS = 1_000;
const RETRY_AFTER_ERROR_MS = 1_000;
const MAX_TIMER_MS = 2_000_000_000;
// Claiming one by one costs 15 times as much as in batches: wait for several slots, but not for long.
const SLOTS_WORTH_A_CLAIM = 16;
const SLOT_PATIENCE_MS = 5;

/**
 * Claims what was not dispatched at its commit: retries, overflow, other nodes' leavings. It sleeps until the next
 * known time; an idle node asks the database once in `floorMs`.
 */
export class ClaimLoop implements WaitingWork {
  readonly #options: ClaimLoopOptions;
  #timer: NodeJS.Timeout | null = null;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #round: Promise<void> | null = null;
  /** Something came up while a round was under way. */
  #isDirty = false;
  /** Work was left for want of slots. */
  #hasBacklog = false;
  #freedSlots = 0;
  #isRunning = false;

  constructor(options: ClaimLoopOptions) {
    this.#options = options;
  }

  /** Begins with a round, so that what an earlier life left is found. */
  start(): void {
    this.#isRunning = true;
    this.#wakeAt(Date.now());
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    this.#clearTimer();
    await this.#round;
  }

  waiting(earliestDueAtMs: number): void {
    const { slots, prefixes } = this.#options.dispatcher;
    if (slots.free <= 0 || prefixes.length === 0) this.#options.wakeAnother?.();
    if (prefixes.length === 0) return;
    if (this.#round) this.#isDirty = true;
    const isDue = earliestDueAtMs <= Date.now();
    if (isDue) this.#hasBacklog = true;
    this.#wakeAt(isDue ? Date.now() + SLOT_PATIENCE_MS : earliestDueAtMs);
  }

  slotFreed(): void {
    if (!this.#hasBacklog) return;
    this.#freedSlots++;
    this.#wakeAt(Date.now() + (this.#freedSlots >= SLOTS_WORTH_A_CLAIM ? 0 : SLOT_PATIENCE_MS));
  }

  /** Another node, or whoever gave deliveries back, says that there is work. */
  wake(): void {
    if (this.#round) this.#isDirty = true;
    this.#wakeAt(Date.now());
  }

  /** One round: claims and dispatches what is due while there are slots. Returns how much it claimed. */
  async tick(): Promise<number> {
    const { dispatcher, session } = this.#options;
    let total = 0;
    this.#freedSlots = 0;
    for (;;) {
      const reply = await session.run(async (client) => {
        const limit = Math.min(dispatcher.slots.free, MAX_CLAIM);
        if (limit <= 0 || dispatcher.isStopping || dispatcher.prefixes.length === 0) return null;
        const found = await claimDue(client, {
          nodeId: session.nodeId,
          epoch: session.epoch,
          nowMs: Date.now(),
          limit,
          prefixes: dispatcher.prefixes,
          perListener: dispatcher.slots.perListener,
          roomLeft: dispatcher.slots.roomLeft(),
        });
        dispatcher.dispatchClaimed(found.claimed);
        return found;
      });
      total += reply?.claimed.length ?? 0;
      if (reply?.hasMore) continue;
      // Without a reply there was no room at all; else what is left belongs to listeners whose slots will be freed.
      this.#hasBacklog = reply?.isHeldBack ?? dispatcher.slots.inUse > 0;
      return total;
    }
  }

  #wakeAt(atMs: number): void {
    if (!this.#isRunning || atMs >= this.#timerAtMs) return;
    this.#clearTimer();
    this.#timerAtMs = atMs;
    this.#timer = setTimeout(() => this.#start(), Math.min(Math.max(0, atMs - Date.now()), MAX_TIMER_MS));
    this.#timer.unref();
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
    // Taken before the round: what becomes due while it runs must not fall between its two looks.
    const nowMs = Date.now();
    const floorAtMs = nowMs + (this.#options.floorMs ?? DEFAULT_FLOOR_MS);
    try {
      await this.tick();
      const nextMs = this.#hasBacklog ? Date.now() + BACKLOG_FLOOR_MS : await nextDueAtMs(this.#options.db, nowMs);
      this.#wakeAt(Math.min(nextMs ?? floorAtMs, floorAtMs));
    } catch (error) {
      this.#options.onError?.(error);
      this.#wakeAt(Date.now() + RETRY_AFTER_ERROR_MS);
    }
  }
}
