import type { Database } from "../db/index.ts";
import {
  Alarm,
  claimLanes,
  findWaitingLanes,
  type ClaimedDelivery,
  type LaneReply,
  type NodeSession,
} from "../queue/index.ts";
import type { Dispatcher } from "./dispatcher.ts";

export interface LaneLoopOptions {
  db: Database;
  session: NodeSession;
  dispatcher: Dispatcher;
  /** Wakes one other node; called when this one cannot work for a lane. */
  wakeAnother?(): void;
  /** Told of what was claimed, before anything else comes between. */
  onClaimed?(claimed: readonly ClaimedDelivery[]): void;
  onError?(error: unknown): void;
  /** The slowest that anything is noticed whose hint was lost. */
  floorMs?: number;
}

const LISTENER_PREFIX = "p_";
const LANES_PER_LOOK = 64;
const CONTENTION_PAUSE_MS = 10;
const DEFAULT_FLOOR_MS = 15_000;
/** While lanes are known in which something waits: a node that is lost may have been the only one to know when they go on. */
const WAITING_FLOOR_MS = 5_000;

/**
 * Starts what waits in lanes. A lane is looked at when something arrives in it or ends, and when its window ends; whichever
 * node looks claims what the limits allow at that moment. So the node at work holds the lane, and whoever takes a lost
 * node's deliveries over holds it next.
 */
export class LaneLoop {
  readonly #options: LaneLoopOptions;
  readonly #alarm: Alarm;
  /** To be looked at in the next round. */
  #pending = new Set<string>();
  /** Lanes in which something waits, as far as is known here: the end of a run may let the next one in. */
  readonly #waiting = new Set<string>();
  /** When to look at a lane again though nothing happens. */
  readonly #lookAgainAtMs = new Map<string, number>();
  /** Lanes that wait for slots. */
  readonly #lackingRoom = new Set<string>();
  #lookAtAllAtMs = 0;

  constructor(options: LaneLoopOptions) {
    this.#options = options;
    const { onError } = options;
    this.#alarm = new Alarm({ round: () => this.#round(), ...(onError && { onError }) });
  }

  /** Begins with a look at all lanes. */
  start(): void {
    this.#alarm.start();
  }

  stop(): Promise<void> {
    return this.#alarm.stop();
  }

  /** Something was put into these lanes. */
  waiting(listenerIds: Iterable<string>): void {
    if (!this.#canWork) {
      this.#options.wakeAnother?.();
      return;
    }
    for (const listenerId of listenerIds) this.#look(listenerId);
  }

  /** Looks at a lane then, at the latest. */
  waitingUntil(listenerId: string, dueAtMs: number): void {
    const known = this.#lookAgainAtMs.get(listenerId) ?? Number.POSITIVE_INFINITY;
    this.#lookAgainAtMs.set(listenerId, Math.min(known, dueAtMs));
    this.#alarm.wakeAt(dueAtMs);
  }

  /** Work on a delivery has ended here. */
  ended({ listenerId, isInLane }: ClaimedDelivery): void {
    if (isInLane || this.#waiting.has(listenerId)) this.#look(listenerId);
    for (const lacking of this.#lackingRoom) this.#look(lacking);
    this.#lackingRoom.clear();
  }

  /** Anything may have changed: looks at all lanes. */
  wake(): void {
    this.#lookAtAllAtMs = 0;
    this.#alarm.repeat();
    this.#alarm.wakeAt(Date.now());
  }

  /** One round: starts what may start. Returns how much it claimed. */
  async tick(): Promise<number> {
    if (!this.#canWork) return 0;
    if (Date.now() >= this.#lookAtAllAtMs) await this.#findAll();
    const pending = this.#takePending();
    let count = 0;
    for (let from = 0; from < pending.length; from += LANES_PER_LOOK) {
      const lanes = pending.slice(from, from + LANES_PER_LOOK);
      try {
        for (const reply of await this.#claim(lanes)) count += this.#note(reply);
      } catch (error) {
        for (const listenerId of pending.slice(from)) this.#pending.add(listenerId);
        throw error;
      }
    }
    return count;
  }

  get #canWork(): boolean {
    const { dispatcher } = this.#options;
    return !dispatcher.isStopping && dispatcher.prefixes.includes(LISTENER_PREFIX);
  }

  #look(listenerId: string): void {
    this.#pending.add(listenerId);
    this.#alarm.repeat();
    this.#alarm.wakeAt(Date.now());
  }

  async #findAll(): Promise<void> {
    // Taken before the look: what asks for another one while it lasts is heard.
    this.#lookAtAllAtMs = Number.POSITIVE_INFINITY;
    try {
      const waiting = await findWaitingLanes(this.#options.db);
      for (const listenerId of waiting) this.#pending.add(listenerId);
      const floorMs = waiting.length > 0 ? WAITING_FLOOR_MS : (this.#options.floorMs ?? DEFAULT_FLOOR_MS);
      this.#lookAtAllAtMs = Math.min(this.#lookAtAllAtMs, Date.now() + floorMs);
    } catch (error) {
      this.#lookAtAllAtMs = 0;
      throw error;
    }
  }

  #takePending(): string[] {
    const nowMs = Date.now();
    for (const [listenerId, atMs] of this.#lookAgainAtMs) {
      if (atMs > nowMs) continue;
      this.#lookAgainAtMs.delete(listenerId);
      this.#pending.add(listenerId);
    }
    const pending = [...this.#pending];
    this.#pending = new Set();
    return pending;
  }

  #claim(lanes: readonly string[]): Promise<LaneReply[]> {
    const { db, session, dispatcher, onClaimed } = this.#options;
    const share = Math.max(1, Math.ceil(dispatcher.slots.free / lanes.length));
    let left = dispatcher.slots.free;
    const requests = lanes.map((workflowId) => {
      const room = Math.max(0, Math.min(share, left, dispatcher.slots.roomOf(workflowId)));
      left -= room;
      return { workflowId, room };
    });
    return claimLanes({ db, session }, requests, (claimed) => {
      onClaimed?.(claimed);
      dispatcher.dispatchClaimed(claimed);
    });
  }

  /** Remembers when to look at a lane again. Returns how much was claimed. */
  #note({ workflowId, claimed, lookAgainAtMs, isContended, isWaiting, lacksRoom }: LaneReply): number {
    if (isWaiting) this.#waiting.add(workflowId);
    else this.#waiting.delete(workflowId);
    if (isContended) this.waitingUntil(workflowId, Date.now() + CONTENTION_PAUSE_MS);
    if (lookAgainAtMs !== null) this.waitingUntil(workflowId, lookAgainAtMs);
    if (!lacksRoom) return claimed.length;
    if (claimed.length > 0 && this.#options.dispatcher.slots.roomOf(workflowId) > 0) this.#look(workflowId);
    else {
      this.#lackingRoom.add(workflowId);
      this.#options.wakeAnother?.();
    }
    return claimed.length;
  }

  async #round(): Promise<number> {
    if (!this.#canWork) return Date.now() + DEFAULT_FLOOR_MS;
    await this.tick();
    return Math.min(this.#lookAtAllAtMs, ...this.#lookAgainAtMs.values());
  }
}
