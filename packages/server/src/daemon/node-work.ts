import { ensurePartitions, type Database, type NodeRegistration } from "../db/index.ts";
import {
  ClaimLoop,
  Dispatcher,
  LaneLoop,
  QueueWatch,
  QuotaWatch,
  type DeliveryObserver,
  type QuotaNotice,
  type SlotLimits,
  type WaitingWork,
} from "../delivery/index.ts";
import {
  Admission,
  EventLog,
  EventStreams,
  EventSummaries,
  ScheduledEmits,
  SubscriptionCache,
  type LogObserver,
} from "../events/index.ts";
import type { RetryPolicy } from "../core/index.ts";
import {
  LANES_TOPIC,
  NodeSession,
  QueueLevels,
  releaseAll,
  type ClaimedDelivery,
  type QueueOf,
} from "../queue/index.ts";
import { Peers } from "./peers.ts";

export interface NodeWorkOptions {
  db: Database;
  registration: NodeRegistration;
  limits: SlotLimits;
  /** For handlers that throw; see `DispatcherOptions`. */
  faultPolicy?: RetryPolicy;
  onError(error: unknown): void;
  observer?: (LogObserver & DeliveryObserver) | undefined;
  /** Told when the work on a delivery failed inside of us; `onError` when absent. */
  onFault?(fault: { delivery: ClaimedDelivery; error: unknown }): void;
  /** Told when a workflow's queue becomes full. */
  onQueueFull?(queue: QueueOf): void;
  /** Credits a day of workspaces without a quota of their own; none when absent. */
  dailyCreditsQuota?: number;
  /** Told when a workspace reaches a share of its quota. */
  onQuota?(notice: QuotaNotice): void;
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
  readonly lanes: LaneLoop;
  readonly queues: QueueWatch;
  readonly quotas: QuotaWatch;
  readonly admission: Admission;
  readonly scheduled: ScheduledEmits;
  readonly #options: NodeWorkOptions;
  readonly #session: NodeSession;
  readonly #peers: Peers;
  #forget: (() => void) | null = null;
  #unlisten: (() => void) | null = null;

  constructor(options: NodeWorkOptions) {
    const { db, registration, onError } = options;
    this.#options = options;
    this.subscriptions = new SubscriptionCache(db);
    this.admission = new Admission({ levels: new QueueLevels(), subscriptions: this.subscriptions });
    this.dispatcher = new Dispatcher({
      limits: options.limits,
      faultPolicy: options.faultPolicy ?? FAULT_POLICY,
      onFault: options.onFault ?? (({ error }) => onError(error)),
      observer: options.observer,
      isHeld: (listenerId) => this.admission.isSourceHeld(listenerId),
    });
    this.#session = new NodeSession({
      db,
      nodeId: registration.nodeId,
      epoch: registration.epoch,
      heldDeliveryIds: () => this.dispatcher.heldDeliveryIds(),
      onReleased: () => {
        this.#wake();
        this.queues.findAll();
      },
      fresh: () => registration.fresh(),
    });
    this.#peers = new Peers({ db, registration, onWork: () => this.#wake(), onError });
    const shared = { db, session: this.#session, onError };
    const claiming = {
      ...shared,
      dispatcher: this.dispatcher,
      wakeAnother: () => this.#peers.wakeAnother(),
      onClaimed: (claimed: readonly ClaimedDelivery[]) => this.#left(claimed),
    };
    this.claims = new ClaimLoop({ ...claiming, heldListeners: () => this.admission.heldSources() });
    this.lanes = new LaneLoop(claiming);
    this.queues = new QueueWatch({
      ...shared,
      admission: this.admission,
      log: { append: (drafts) => this.log.append(drafts) },
      onRoom: () => this.claims.wake(),
      ...(options.onQueueFull && { onFull: options.onQueueFull }),
    });
    this.quotas = new QuotaWatch({
      ...{ db, onError, levels: this.admission.quotas, defaultQuota: options.dailyCreditsQuota ?? 0 },
      log: { append: (drafts) => this.log.append(drafts) },
      onReleased: () => this.#wake(),
      ...(options.onQuota && { onNotice: options.onQuota }),
    });
    this.summaries = new EventSummaries({ db });
    this.streams = new EventStreams({ db, summaries: this.summaries, nodeId: registration.nodeId });
    this.scheduled = new ScheduledEmits({ db, commit: (unit) => this.log.commit(unit), onError });
    this.log = new EventLog({
      session: this.#session,
      subscriptions: this.subscriptions,
      admission: this.admission,
      dispatch: this.dispatcher,
      observer: this.#logObserver(),
      onAppended: (events) => this.streams.onAppended(events),
      onScheduled: (dueAtMs) => this.scheduled.waiting(dueAtMs),
      onMissingPartition: () => ensurePartitions(db, Date.now()),
    });
  }

  /** Takes back what an earlier life of this node held, and begins. @throws ApiError `unavailable` */
  async start(): Promise<void> {
    this.subscriptions.start();
    this.#unlisten = this.#options.db.listen(LANES_TOPIC, () => {
      this.#wake();
      this.queues.findAll();
    });
    this.streams.start();
    this.dispatcher.start({ commit: (unit) => this.log.commit(unit), work: this.#waitingWork() });
    this.#forget = this.#options.registration.keepAlive(() => this.dispatcher.slots.inUse > 0);
    await this.#session.start();
    await this.#peers.start();
    await this.queues.start();
    await this.quotas.start();
    this.claims.start();
    this.lanes.start();
    this.scheduled.start();
  }

  /** Takes no more work, waits for what is under way, gives the rest back. The registration is stopped by its owner. */
  async stop(): Promise<void> {
    await this.#stopLoops();
    await this.dispatcher.stop({ drainMs: this.#options.drainMs ?? DRAIN_MS });
    await this.log.drained().catch(this.#options.onError);
    const released = await this.#session.run((client) => releaseAll(client, this.#session)).catch(() => 0);
    if (released > 0) this.#peers.wakeAnother();
    await this.#letGo();
  }

  /** Lets go of the database at once, as a process that dies does: what it holds stays claimed. */
  async abandon(): Promise<void> {
    await this.#stopLoops();
    await this.#letGo();
  }

  async #stopLoops(): Promise<void> {
    await Promise.all([
      this.claims.stop(),
      this.lanes.stop(),
      this.scheduled.stop(),
      this.queues.stop(),
      this.quotas.stop(),
    ]);
  }

  async #letGo(): Promise<void> {
    this.#forget?.();
    this.#unlisten?.();
    this.streams.stop();
    this.subscriptions.stop();
    await this.#peers.stop();
    await this.#session.stop();
  }

  #logObserver(): LogObserver {
    const { observer } = this.#options;
    return {
      committed: (write) => {
        this.quotas.used(write.outcomes);
        observer?.committed(write);
      },
      commitFailed: () => observer?.commitFailed(),
    };
  }

  #wake(): void {
    this.claims.wake();
    this.lanes.wake();
  }

  #left(claimed: readonly ClaimedDelivery[]): void {
    for (const { listenerId } of claimed) this.admission.levels.left(listenerId);
  }

  #waitingWork(): WaitingWork {
    return {
      waiting: (earliestDueAtMs) => {
        this.claims.waiting(earliestDueAtMs);
        this.queues.waiting();
      },
      waitingInLanes: (listenerIds) => {
        this.lanes.waiting(listenerIds);
        this.queues.waiting();
      },
      ended: (delivery) => {
        this.claims.slotFreed();
        this.lanes.ended(delivery);
      },
      givenBack: ({ orgId, listenerId, isInLane }, dueAtMs) => {
        const queue = this.admission.queueOf(orgId, listenerId);
        if (queue) this.admission.levels.added(queue);
        if (isInLane) this.lanes.waitingUntil(listenerId, dueAtMs);
      },
    };
  }
}
