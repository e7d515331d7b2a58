import { Alarm, claimDue, nextDueAtMs, type ClaimedDelivery, type NodeSession } from "../queue/index.ts";
import type { Database } from "../db/index.ts";
import type { Dispatcher } from "./dispatcher.ts";

export interface ClaimLoopOptions {
  db: Database;
  session: NodeSession;
  dispatcher: Dispatcher;
  /** Wakes one other node; called when this one has no room for work that is due. */
  wakeAnother?(): void;
  /** Listeners that get nothing at the moment. */
  heldListeners?(): Iterable<string>;
  /** Told of what was claimed, before anything else comes between. */
  onClaimed?(claimed: readonly ClaimedDelivery[]): void;
  onError?(error: unknown): void;
  /** The slowest that anything is noticed whose hint was lost. */
  floorMs?: number;
}

const MAX_CLAIM = 128;
const DEFAULT_FLOOR_MS = 60_000;
const BACKLOG_FLOOR_MS = 1_000;
// Claiming one by one costs 15 times as much as in batches: wait for several slots, but not for long.
const SLOTS_WORTH_A_CLAIM = 16;
const SLOT_PATIENCE_MS = 5;

/**
 * Claims what was not dispatched at its commit: retries, overflow, other nodes' leavings. It sleeps until the next
 * known time; an idle node asks the database once in `floorMs`.
 */
export class ClaimLoop {
  readonly #options: ClaimLoopOptions;
  readonly #alarm: Alarm;
  /** Work was left for want of slots. */
  #hasBacklog = false;
  #freedSlots = 0;

  constructor(options: ClaimLoopOptions) {
    this.#options = options;
    const { onError } = options;
    this.#alarm = new Alarm({ round: () => this.#round(), ...(onError && { onError }) });
  }

  /** Begins with a round, so that what an earlier life left is found. */
  start(): void {
    this.#alarm.start();
  }

  stop(): Promise<void> {
    return this.#alarm.stop();
  }

  waiting(earliestDueAtMs: number): void {
    const { slots, prefixes } = this.#options.dispatcher;
    if (slots.free <= 0 || prefixes.length === 0) this.#options.wakeAnother?.();
    if (prefixes.length === 0) return;
    this.#alarm.repeat();
    const isDue = earliestDueAtMs <= Date.now();
    if (isDue) this.#hasBacklog = true;
    this.#alarm.wakeAt(isDue ? Date.now() + SLOT_PATIENCE_MS : earliestDueAtMs);
  }

  slotFreed(): void {
    if (!this.#hasBacklog) return;
    this.#freedSlots++;
    this.#alarm.wakeAt(Date.now() + (this.#freedSlots >= SLOTS_WORTH_A_CLAIM ? 0 : SLOT_PATIENCE_MS));
  }

  /** Another node, or whoever gave deliveries back, says that there is work. */
  wake(): void {
    this.#alarm.repeat();
    this.#alarm.wakeAt(Date.now());
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
          roomLeft: this.#roomLeft(),
        });
        this.#options.onClaimed?.(found.claimed);
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

  #roomLeft(): Map<string, number> {
    const room = new Map(this.#options.dispatcher.slots.roomLeft());
    for (const listenerId of this.#options.heldListeners?.() ?? []) room.set(listenerId, 0);
    return room;
  }

  async #round(): Promise<number> {
    // Taken before the round: what becomes due while it runs must not fall between its two looks.
    const nowMs = Date.now();
    const floorAtMs = nowMs + (this.#options.floorMs ?? DEFAULT_FLOOR_MS);
    await this.tick();
    const nextMs = this.#hasBacklog ? Date.now() + BACKLOG_FLOOR_MS : await nextDueAtMs(this.#options.db, nowMs);
    return Math.min(nextMs ?? floorAtMs, floorAtMs);
  }
}
