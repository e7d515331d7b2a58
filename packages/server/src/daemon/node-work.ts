import { ensurePartitions, type Database, type NodeRegistration } from "../db/index.ts";
import { ClaimLoop, Dispatcher, type SlotLimits } from "../delivery/index.ts";
import { EventLog, EventStreams, EventSummaries, ScheduledEmits, SubscriptionCache } from "../events/index.ts";
import type { RetryPolicy } from "../core/index.ts";
import { NodeSession, releaseAll } from "../queue/index.ts";
import { Peers } from "./peers.ts";

export interface NodeWorkOptions {
  db: Database;
  registration: NodeRegistration;
  limits: SlotLimits;
  /** For handlers that throw; see `DispatcherOptions`. */
  faultPolicy?: RetryPolicy;
  onError(error: unknown): void;
  /** How long stopping waits for work in progress. */
  drainMs?: number;
}

const DRAIN_MS = 7_000;
const FAULT_POLICY: RetryPolicy = { delaysMs: [1_000, 5_000, 30_000, 120_000, 600_000], jitterRatio: 0.1 };

/**
 * The event log of this node with everything that moves deliveries, wired together. Register the handlers of listeners
 * on `dispatcher` before `start`; a node that registers none only takes events in.
 */
export class NodeWork {
  readonly dispatcher: Dispatcher;
  readonly log: EventLog;
  readonly subscriptions: SubscriptionCache;
  readonly summaries: EventSummaries;
  readonly streams: EventStreams;
  readonly claims: ClaimLoop;
  readonly scheduled: ScheduledEmits;
  readonly #options: NodeWorkOptions;
  readonly #session: NodeSession;
  readonly #peers: Peers;
  #forget: (() => void) | null = null;

  constructor(options: NodeWorkOptions) {
    const { db, registration, onError } = options;
    this.#options = options;
    this.dispatcher = new Dispatcher({
      limits: options.limits,
      faultPolicy: options.faultPolicy ?? FAULT_POLICY,
      onFault: ({ error }) => onError(error),
    });
    this.#session = new NodeSession({
      db,
      nodeId: registration.nodeId,
      epoch: registration.epoch,
      heldDeliveryIds: () => this.dispatcher.heldDeliveryIds(),
      onReleased: () => this.claims.wake(),
      fresh: () => registration.fresh(),
    });
    this.#peers = new Peers({ db, registration, onWork: () => this.claims.wake(), onError });
    this.claims = new ClaimLoop({
      db,
      session: this.#session,
      dispatcher: this.dispatcher,
      wakeAnother: () => this.#peers.wakeAnother(),
      onError,
    });
    this.subscriptions = new SubscriptionCache(db);
    this.summaries = new EventSummaries({ db });
    this.streams = new EventStreams({ db, summaries: this.summaries, nodeId: registration.nodeId });
    this.scheduled = new ScheduledEmits({ db, commit: (unit) => this.log.commit(unit), onError });
    this.log = new EventLog({
      session: this.#session,
      subscriptions: this.subscriptions,
      dispatch: this.dispatcher,
      onAppended: (events) => this.streams.onAppended(events),
      onScheduled: (dueAtMs) => this.scheduled.waiting(dueAtMs),
      onMissingPartition: () => ensurePartitions(db, Date.now()),
    });
  }

  /** Takes back what an earlier life of this node held, and begins. @throws ApiError `unavailable` */
  async start(): Promise<void> {
    this.subscriptions.start();
    this.streams.start();
    this.dispatcher.start({ commit: (unit) => this.log.commit(unit), work: this.claims });
    this.#forget = this.#options.registration.keepAlive(() => this.dispatcher.slots.inUse > 0);
    await this.#session.start();
    await this.#peers.start();
    this.claims.start();
    this.scheduled.start();
  }

  /** Takes no more work, waits for what is under way, gives the rest back. The registration is stopped by its owner. */
  async stop(): Promise<void> {
    await Promise.all([this.claims.stop(), this.scheduled.stop()]);
    await this.dispatcher.stop({ drainMs: this.#options.drainMs ?? DRAIN_MS });
    await this.log.drained().catch(this.#options.onError);
    const released = await this.#session.run((client) => releaseAll(client, this.#session)).catch(() => 0);
    if (released > 0) this.#peers.wakeAnother();
    this.#forget?.();
    this.streams.stop();
    this.subscriptions.stop();
    await this.#peers.stop();
    await this.#session.stop();
  }

  /** Lets go of the database at once, as a process that dies does: what it holds stays claimed. */
  async abandon(): Promise<void> {
    await Promise.all([this.claims.stop(), this.scheduled.stop()]);
    this.#forget?.();
    this.streams.stop();
    this.subscriptions.stop();
    await this.#peers.stop();
    await this.#session.stop();
  }
}
