import type { CommitOutcome, CommitUnit, ClaimedDelivery, DispatchPort } from "../events/index.ts";
import { isUnavailable } from "../db/index.ts";
import { nextAttemptAtMs, type RetryPolicy } from "../core/index.ts";
import type { DeliveryObserver } from "./delivery-observer.ts";
import { Slots, type SlotLimits } from "./slots.ts";

/**
 * Takes one delivery to its listener. What it returns is written down together with the end of the delivery. When it
 * throws, the delivery is tried again later; the signal is aborted when the node can wait no longer.
 */
export type DeliveryHandler = (delivery: ClaimedDelivery, signal: AbortSignal) => Promise<CommitUnit>;

/** Where work comes from that was not dispatched at its commit. */
export interface WaitingWork {
  /** Something nobody holds is due then. */
  waiting(earliestDueAtMs: number): void;
  /** Something waits in the lanes of these listeners. */
  waitingInLanes(listenerIds: Iterable<string>): void;
  /** Work on a delivery has ended here, and a slot became free. */
  ended(delivery: ClaimedDelivery): void;
  /** A delivery was given back, to be tried again then. */
  givenBack(delivery: ClaimedDelivery, dueAtMs: number): void;
}

export interface DispatcherOptions {
  limits: SlotLimits;
  /** For handlers that throw; the last wait repeats for ever, so nothing is lost. */
  faultPolicy: RetryPolicy;
  onFault?(fault: { delivery: ClaimedDelivery; error: unknown }): void;
  observer?: DeliveryObserver | undefined;
  /** Listeners that get nothing at the moment. */
  isHeld?(listenerId: string): boolean;
}

const COMMIT_RETRY_MIN_MS = 50;
const COMMIT_RETRY_MAX_MS = 2_000;
const ABORT_GRACE_MS = 1_000;

/** Does the work of deliveries on this node: from memory, right after the commit, within its slots. */
export class Dispatcher implements DispatchPort {
  readonly #options: DispatcherOptions;
  readonly #slots: Slots;
  readonly #handlers = new Map<string, DeliveryHandler>();
  readonly #running = new Map<number, Promise<void>>();
  readonly #abort = new AbortController();
  #commit: ((unit: CommitUnit) => Promise<CommitOutcome>) | null = null;
  #work: WaitingWork = { waiting: () => {}, waitingInLanes: () => {}, ended: () => {}, givenBack: () => {} };
  #isStopping = false;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#slots = new Slots(options.limits);
  }

  /** Names the handler of all listeners whose id begins with `prefix`, e.g. `wh_`. */
  register(prefix: `${string}_`, handler: DeliveryHandler): void {
    this.#handlers.set(prefix, handler);
  }

  /** Connects the two ends: where results are written and where waiting work comes from. */
  start(ends: { commit(unit: CommitUnit): Promise<CommitOutcome>; work: WaitingWork }): void {
    this.#commit = (unit) => ends.commit(unit);
    this.#work = ends.work;
  }

  /** Prefixes of the listeners that this node can work for. */
  get prefixes(): string[] {
    return [...this.#handlers.keys()];
  }

  get slots(): Pick<Slots, "free" | "inUse" | "perListener" | "roomLeft" | "roomOf"> {
    return this.#slots;
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  tryReserve(listenerId: string): boolean {
    if (this.#isStopping || !this.#commit || !this.#handlers.has(prefixOf(listenerId))) return false;
    if (this.#options.isHeld?.(listenerId)) return false;
    return this.#slots.tryTake(listenerId);
  }

  unreserve(listenerId: string): void {
    this.#slots.release(listenerId);
  }

  waiting(earliestDueAtMs: number): void {
    this.#work.waiting(earliestDueAtMs);
  }

  waitingInLanes(listenerIds: Iterable<string>): void {
    this.#work.waitingInLanes(listenerIds);
  }

  dispatch(deliveries: readonly ClaimedDelivery[]): void {
    for (const delivery of deliveries) {
      const work = this.#deliver(delivery).finally(() => {
        this.#running.delete(delivery.deliveryId);
        this.#slots.release(delivery.listenerId);
        this.#work.ended(delivery);
      });
      this.#running.set(delivery.deliveryId, work);
    }
  }

  /** Starts work on deliveries that this node claimed within its free slots; none is reserved yet. */
  dispatchClaimed(deliveries: readonly ClaimedDelivery[]): void {
    for (const { listenerId } of deliveries) this.#slots.take(listenerId);
    this.dispatch(deliveries);
  }

  heldDeliveryIds(): Iterable<number> {
    return this.#running.keys();
  }

  /** Takes no more work and waits for what runs; after `drainMs` it aborts. The rest stays claimed, for the caller to release. */
  async stop({ drainMs }: { drainMs: number }): Promise<void> {
    this.#isStopping = true;
    await this.#settledWithin(drainMs);
    this.#abort.abort(new Error("The node is stopping"));
    await this.#settledWithin(ABORT_GRACE_MS);
  }

  /** Resolves when nothing is in work. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values());
  }

  async #settledWithin(timeoutMs: number): Promise<void> {
    if (this.#running.size === 0) return;
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => (timer = setTimeout(resolve, timeoutMs)));
    await Promise.race([Promise.all(this.#running.values()), timeout]);
    clearTimeout(timer);
  }

  async #deliver(delivery: ClaimedDelivery): Promise<void> {
    let unit: CommitUnit;
    this.#options.observer?.deliveryStarted(delivery);
    try {
      const handler = this.#handlers.get(prefixOf(delivery.listenerId));
      if (!handler) throw new Error(`Nothing here delivers to ${delivery.listenerId}`);
      unit = await handler(delivery, this.#abort.signal);
    } catch (error) {
      unit = this.#afterFault(delivery, error);
    }
    this.#options.observer?.deliveryWorked(delivery, unit);
    await this.#complete(delivery, unit);
  }

  async #complete(delivery: ClaimedDelivery, result: CommitUnit): Promise<void> {
    let unit = result;
    for (let delayMs = COMMIT_RETRY_MIN_MS; ; delayMs = Math.min(delayMs * 2, COMMIT_RETRY_MAX_MS)) {
      try {
        await this.#commit?.(unit);
        if (unit.retry) this.#work.givenBack(delivery, unit.retry.dueAtMs);
        return;
      } catch (error) {
        if (isUnavailable(error)) {
          if (this.#abort.signal.aborted) return;
          await pause(delayMs, this.#abort.signal);
        } else {
          // The database refused the result itself: keep the delivery, without it.
          unit = this.#afterFault(delivery, error);
        }
      }
    }
  }

  #afterFault(delivery: ClaimedDelivery, error: unknown): CommitUnit {
    this.#options.onFault?.({ delivery, error });
    this.#options.observer?.deliveryFailed(delivery, error);
    const policy = this.#options.faultPolicy;
    const attempts = Math.min(delivery.attempts + 1, policy.delaysMs.length);
    const nowMs = Date.now();
    const dueAtMs = nextAttemptAtMs({ policy, attempts, nowMs, random: Math.random() }) ?? nowMs;
    const lastError = error instanceof Error ? error.message : String(error);
    return { claim: { deliveryId: delivery.deliveryId }, retry: { dueAtMs, lastError } };
  }
}

function prefixOf(listenerId: string): string {
  return listenerId.slice(0, listenerId.indexOf("_") + 1);
}

function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, delayMs);
    signal.addEventListener("abort", done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
  });
}
