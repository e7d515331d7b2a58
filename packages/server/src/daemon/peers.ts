import type { Database, NodeRegistration } from "../db/index.ts";
import { listOtherNodes, releaseLost } from "../queue/index.ts";

export interface PeersOptions {
  db: Database;
  registration: Pick<NodeRegistration, "nodeId" | "lostNodes">;
  /** There may be work to claim. */
  onWork(): void;
  onError(error: unknown): void;
  lostAfterMs?: number;
  /** Between looks at the other nodes while there are any. */
  sweepEveryMs?: number;
  /** Between looks whether there are any. */
  aloneEveryMs?: number;
}

const LOST_AFTER_MS = 10_000;
const SWEEP_EVERY_MS = 2_500;
const ALONE_EVERY_MS = 60_000;
const WAKE_PAUSE_MS = 50;
const JOINED_TOPIC = "node_joined";

/**
 * The other nodes of the database: wakes one of them when this one is full, and takes over what lost ones held. A node
 * that is alone asks once a minute whether it still is.
 */
export class Peers {
  readonly #options: PeersOptions;
  #workers: string[] = [];
  #hasOthers = false;
  #lastWakeMs = Number.NEGATIVE_INFINITY;
  #wakeTimer: NodeJS.Timeout | null = null;
  #timer: NodeJS.Timeout | null = null;
  #round: Promise<void> | null = null;
  #isRunning = false;
  readonly #unlisten: (() => void)[] = [];

  constructor(options: PeersOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { db, registration, onWork } = this.#options;
    this.#isRunning = true;
    this.#unlisten.push(
      db.listen(wakeTopic(registration.nodeId), () => onWork()),
      db.listen(JOINED_TOPIC, () => this.#schedule(0)),
    );
    await db.notify(JOINED_TOPIC);
    this.#schedule(0);
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#wakeTimer) {
      clearTimeout(this.#wakeTimer);
      this.#wakeNow();
    }
    for (const unlisten of this.#unlisten.splice(0)) unlisten();
    await this.#round;
  }

  /** Tells one other worker, chosen at random, that work is waiting; at most every 50 ms, and then for all of that time. */
  wakeAnother(): void {
    if (this.#wakeTimer) return;
    const pauseMs = this.#lastWakeMs + WAKE_PAUSE_MS - performance.now();
    if (pauseMs <= 0) return this.#wakeNow();
    this.#wakeTimer = setTimeout(() => this.#wakeNow(), pauseMs).unref();
  }

  /** One round: takes over from lost nodes. Returns how many deliveries were set free. */
  async tick(): Promise<number> {
    const { db, registration, onWork } = this.#options;
    const lost = await registration.lostNodes();
    const nodeIds = lost.map((node) => node.nodeId);
    const released = await releaseLost(db, { nodeIds, lostAfterMs: this.#options.lostAfterMs ?? LOST_AFTER_MS });
    // What a worker was woken for when it was lost waits for another.
    if (released > 0 || nodeIds.some((nodeId) => this.#workers.includes(nodeId))) onWork();
    const others = await listOtherNodes(db, registration.nodeId);
    this.#hasOthers = others.length > 0;
    const workers = others.filter((node) => node.isWorker && !node.isStopped && !nodeIds.includes(node.nodeId));
    this.#workers = workers.map((node) => node.nodeId);
    return released;
  }

  #wakeNow(): void {
    this.#wakeTimer = null;
    const nodeId = this.#workers[Math.floor(Math.random() * this.#workers.length)];
    if (nodeId === undefined) return;
    this.#lastWakeMs = performance.now();
    // Only a hint: the other node's slow poll makes up for a lost one.
    this.#options.db.notify(wakeTopic(nodeId)).catch(this.#options.onError);
  }

  #schedule(delayMs: number): void {
    if (!this.#isRunning) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#run(), delayMs).unref();
  }

  #run(): void {
    this.#round ??= this.tick()
      .then(() => {}, this.#options.onError)
      .finally(() => {
        this.#round = null;
        const { sweepEveryMs = SWEEP_EVERY_MS, aloneEveryMs = ALONE_EVERY_MS } = this.#options;
        this.#schedule(this.#hasOthers ? sweepEveryMs : aloneEveryMs);
      });
  }
}

function wakeTopic(nodeId: string): string {
  return `wake ${nodeId}`;
}
