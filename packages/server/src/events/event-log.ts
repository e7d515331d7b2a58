import type pg from "pg";
import { ApiError } from "../core/index.ts";
import { breaksConnection, isDiskFull, isMissingPartition, isUnavailable } from "../db/index.ts";
import type { NodeSession } from "../queue/index.ts";
import type { Admission } from "./admission.ts";
import { CommitBatch, type BatchUnit } from "./commit-batch.ts";
import type { AppendedEvent, CommitOutcome, CommitUnit, EventDraft } from "./commit-unit.ts";
import { dedupeUnits, needsDedupe } from "./dedupe-units.ts";
import { DeliveryIds } from "./delivery-ids.ts";
import type { DispatchPort, LogObserver } from "./log-ports.ts";
import type { SubscriptionCache } from "./subscription-cache.ts";
import { writeUnits, type WriteResult } from "./write-units.ts";

const MAX_BATCH_UNITS = 512;
const MAX_BATCH_CHARACTERS = 8 * 1024 * 1024;
const MAX_ATTEMPTS = 5;
const DISK_FULL_REMEMBERED_MS = 30_000;
// Another transaction won: the same statement may succeed a moment later.
const RETRYABLE_SQLSTATES = new Set(["40001", "40P01", "55P03"]);

export interface EventLogOptions {
  session: NodeSession;
  subscriptions: SubscriptionCache;
  admission: Admission;
  dispatch: DispatchPort;
  observer?: LogObserver | undefined;
  /** Told after each commit; the basis of streams. */
  onAppended?(events: readonly AppendedEvent[]): void;
  /** Makes the partition that the clock needs; the write is then tried again. */
  onMissingPartition?(): Promise<void>;
  /** Told when emits were put off. */
  onScheduled?(earliestDueAtMs: number): void;
}

/** A unit that the database refused: its own fault, nobody else's. */
export class CommitError extends Error {
  override name = "CommitError";
  readonly code = "commit_refused";
}

interface Entry {
  readonly unit: CommitUnit;
  readonly resolve: (outcome: CommitOutcome) => void;
  readonly reject: (error: unknown) => void;
}

interface Written {
  readonly batch: CommitBatch;
  readonly result: WriteResult;
  /** Place of each entry in the batch; -1: its claim was lost before. */
  readonly places: readonly number[];
}

type TimedWritten = Written & { readonly startedAtMs: number };

/**
 * The durable log. Units that arrive while a commit is in flight share the next one; a commit starts as soon as the
 * previous one has ended. Events of one emitter get strictly increasing ids in the order of the calls.
 */
export class EventLog {
  readonly #options: EventLogOptions;
  readonly #deliveryIds = new DeliveryIds();
  #queue: Entry[] = [];
  #isFlushing = false;
  #diskFullAtMs: number | null = null;

  constructor(options: EventLogOptions) {
    this.#options = options;
  }

  /**
   * Writes a unit down, durably, and starts the deliveries that this node has room for.
   * @throws ApiError `unavailable`: the database is away, the unit may or may not have been written, nothing was
   * started. CommitError: the database refused this unit. RefusedError: only with `mayBeRefused`.
   */
  commit(unit: CommitUnit): Promise<CommitOutcome> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ unit, resolve, reject });
      this.#wake();
    });
  }

  /** Whether the database has just had no room for a commit. Without further tries it counts as forgotten: only trying shows. */
  get isDiskFull(): boolean {
    return this.#diskFullAtMs !== null && performance.now() - this.#diskFullAtMs < DISK_FULL_REMEMBERED_MS;
  }

  /** Appends events. @throws like `commit` */
  async append(drafts: readonly EventDraft[], how: Pick<CommitUnit, "mayBeRefused"> = {}): Promise<AppendedEvent[]> {
    const outcome = await this.commit({ events: drafts, ...how });
    return outcome.events.filter((event) => event !== null);
  }

  /** Resolves when everything committed so far has been answered. */
  async drained(): Promise<void> {
    if (this.#isFlushing || this.#queue.length > 0) await this.commit({});
  }

  #wake(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    // Whatever else arrives in this turn of the event loop joins.
    setImmediate(() => void this.#flush());
  }

  async #flush(): Promise<void> {
    while (this.#queue.length > 0) {
      const entries = this.#takeBatch();
      try {
        await this.#loadSubscriptions(entries);
        await this.#write(entries);
        this.#diskFullAtMs = null;
      } catch (error) {
        this.#options.observer?.commitFailed();
        if (isDiskFull(error)) this.#diskFullAtMs = performance.now();
        for (const entry of entries) entry.reject(error);
      }
      // Lets callers that were just answered join the next commit.
      if (this.#queue.length < MAX_BATCH_UNITS) await new Promise(setImmediate);
    }
    this.#isFlushing = false;
  }

  #takeBatch(): Entry[] {
    let characters = 0;
    let count = 0;
    for (const { unit } of this.#queue) {
      characters += charactersOf(unit);
      if (count === MAX_BATCH_UNITS || (count > 0 && characters > MAX_BATCH_CHARACTERS)) break;
      count++;
    }
    return this.#queue.splice(0, count);
  }

  async #loadSubscriptions(entries: readonly Entry[]): Promise<void> {
    const missing = new Set<string>();
    for (const { unit } of entries) {
      for (const { orgId } of unit.events ?? []) if (!this.#options.subscriptions.has(orgId)) missing.add(orgId);
    }
    if (missing.size > 0) await this.#options.subscriptions.load([...missing]);
  }

  /** Writes entries together; when the database refuses, halves find out whose fault it is. */
  async #write(entries: readonly Entry[]): Promise<void> {
    try {
      const written = await this.#writeWithRetries(entries);
      this.#settle(entries, written);
    } catch (error) {
      if (isUnavailable(error)) throw error;
      const [entry] = entries;
      if (entry && entries.length === 1) return this.#writeInstead(entry, error);
      const middle = entries.length >> 1;
      for (const half of [entries.slice(0, middle), entries.slice(middle)]) {
        await this.#write(half).catch((halfError: unknown) => {
          for (const entry of half) entry.reject(halfError);
        });
      }
    }
  }

  /** @throws CommitError when nothing may take the place of what was refused */
  #writeInstead(refused: Entry, error: unknown): Promise<void> {
    const unit = refused.unit.ifRefused?.(error instanceof Error ? error.message : String(error));
    if (!unit) throw new CommitError("The database refused to write this", { cause: error });
    return this.#write([{ ...refused, unit }]);
  }

  async #writeWithRetries(entries: readonly Entry[]): Promise<TimedWritten> {
    for (let attempt = 1; ; attempt++) {
      const startedAtMs = Date.now();
      try {
        const written = await this.#options.session.run((client) => this.#writeOnce(client, entries));
        if (written.result.isFresh) return { ...written, startedAtMs };
        await this.#options.subscriptions.load([...written.batch.orgIds]);
      } catch (error) {
        if (attempt >= MAX_ATTEMPTS) throw error;
        if (isMissingPartition(error)) await this.#options.onMissingPartition?.();
        else if (!isRetryable(error)) throw error;
      }
      if (attempt >= MAX_ATTEMPTS * 2) throw new ApiError("unavailable", "Subscriptions change too fast at the moment");
    }
  }

  async #writeOnce(client: pg.ClientBase, entries: readonly Entry[]): Promise<Written> {
    const units = entries.map((entry) => entry.unit);
    if (units.some(needsDedupe)) return this.#writeDeduped(client, units);
    const all = units.map((unit) => ({ unit, drafts: unit.events ?? [], extraDrafts: [] }));
    const nowMs = Date.now();
    return { ...(await this.#writeBatch(client, all, { nowMs })), places: [...all.keys()] };
  }

  async #writeDeduped(client: pg.ClientBase, units: readonly CommitUnit[]): Promise<Written> {
    const nowMs = Date.now();
    const { nodeId, epoch } = this.#options.session;
    await client.query("begin");
    try {
      const deduped = await dedupeUnits(client, units, { nodeId, epoch, nowMs });
      const kept = deduped.units.filter((unit) => unit !== null);
      const written = await this.#writeBatch(client, kept, {
        nowMs,
        addRows: (batch) => deduped.addMemories(batch.rows.dedupeMemories),
      });
      await this.#end(client, written);
      const places = new Map(kept.map((unit, place) => [unit, place]));
      return { ...written, places: deduped.units.map((unit) => (unit && places.get(unit)) ?? -1) };
    } catch (error) {
      if (!breaksConnection(error)) await client.query("rollback");
      throw error;
    }
  }

  async #end(client: pg.ClientBase, { batch, result }: Pick<Written, "batch" | "result">): Promise<void> {
    try {
      await client.query(result.isFresh ? "commit" : "rollback");
    } catch (error) {
      batch.abandon();
      throw error;
    }
  }

  async #writeBatch(
    client: pg.ClientBase,
    units: readonly BatchUnit[],
    { nowMs, addRows }: { nowMs: number; addRows?: (batch: CommitBatch) => void },
  ): Promise<Pick<Written, "batch" | "result">> {
    const { session, subscriptions, ...ports } = this.#options;
    const { dispatch, admission } = ports;
    const batch = new CommitBatch(units, {
      matcherOf: (orgId) => subscriptions.get(orgId),
      dispatch,
      admission,
      nowMs,
    });
    addRows?.(batch);
    try {
      await this.#deliveryIds.reserve(client, batch.owedCount);
      batch.numberDeliveries(this.#deliveryIds);
      const result = await writeUnits(client, batch.rows, { nodeId: session.nodeId, epoch: session.epoch, nowMs });
      if (!result.isFresh) batch.abandon();
      return { batch, result };
    } catch (error) {
      batch.abandon();
      throw error;
    }
  }

  #settle(entries: readonly Entry[], { batch, result, places, startedAtMs }: TimedWritten): void {
    const appended: AppendedEvent[] = [];
    const outcomes: CommitOutcome[] = [];
    entries.forEach((entry, index) => {
      const place = places[index] ?? -1;
      const refusal = batch.refusalOf(place);
      if (refusal) return entry.reject(refusal);
      const held = place >= 0 && batch.isHeld(place, result);
      const events = held ? batch.appendedOf(place, result) : [];
      for (const event of events) if (event) appended.push(event);
      const outcome = { unit: entry.unit, held, events };
      outcomes.push(outcome);
      entry.resolve(outcome);
    });
    const { dispatch, observer, onAppended, onScheduled } = this.#options;
    observer?.committed({ outcomes, refused: entries.length - outcomes.length, startedAtMs });
    const claimed = batch.takeClaimed(result);
    if (claimed.length > 0) dispatch.dispatch(claimed);
    if (batch.lanes.size > 0) dispatch.waitingInLanes(batch.lanes);
    if (batch.earliestWaitingMs < Number.POSITIVE_INFINITY) dispatch.waiting(batch.earliestWaitingMs);
    if (batch.earliestScheduledMs < Number.POSITIVE_INFINITY) onScheduled?.(batch.earliestScheduledMs);
    if (appended.length > 0) onAppended?.(appended);
  }
}

function charactersOf({ events, dbWrites, sourceRun }: CommitUnit): number {
  let count = sourceRun?.logs?.length ?? 0;
  for (const event of events ?? []) count += event.payload.length;
  if (dbWrites) for (const value of Object.values(dbWrites.writes)) count += value?.length ?? 0;
  return count;
}

function isRetryable(error: unknown): boolean {
  return error instanceof Error && "code" in error && RETRYABLE_SQLSTATES.has(String(error.code));
}
