import { newKsuid } from "../core/index.ts";
import type { ClaimedDelivery } from "../queue/index.ts";
import type { Admission } from "./admission.ts";
import type { AppendedEvent, CommitUnit, EventDraft } from "./commit-unit.ts";
import type { DeliveryIds } from "./delivery-ids.ts";
import type { DispatchPort } from "./log-ports.ts";
import { OwedDeliveries } from "./owed-deliveries.ts";
import { QueueFullError, QuotaExceededError, type RefusedError } from "./refused-errors.ts";
import { addRecords } from "./record-lines.ts";
import type { MatchState } from "./subscription-cache.ts";
import { addWorkflowRecords } from "./workflow-record-lines.ts";
import { cell, Lines } from "./unit-lines.ts";
import type { UnitRows, WriteResult } from "./write-units.ts";

/** A unit in a batch, with what dedupe left of its events. */
export interface BatchUnit {
  readonly unit: CommitUnit;
  /** null: dropped by dedupe. */
  readonly drafts: readonly (EventDraft | null)[];
  /** Warnings about its events, on `$logs`. */
  readonly extraDrafts: readonly EventDraft[];
}

export interface BatchPorts {
  matcherOf(orgId: string): MatchState;
  dispatch: DispatchPort;
  admission: Admission;
  nowMs: number;
}

/** An event with its place in the batch. */
export interface PlacedDraft {
  readonly draft: EventDraft;
  readonly emitId: string;
  readonly emitter: EmitterCount;
  /** Among the batch's events of that emitter. */
  readonly place: number;
  /** In the batch. */
  readonly number: number;
  readonly key: number | null;
}
interface EmitterCount {
  readonly orgId: string;
  readonly emitterId: string;
  count: number;
}

/** Channels whose events come from runs: they must not feed themselves. */
const RUN_CHANNELS = new Set(["$errors", "$logs"]);

/** The rows of one commit, and what must happen in memory once it is written (or has failed). */
export class CommitBatch {
  readonly rows: UnitRows = {
    versions: new Lines(),
    completed: new Lines(),
    rescheduled: new Lines(),
    kept: new Lines(),
    due: new Lines(),
    ticked: new Lines(),
    heads: new Lines(),
    drafts: new Lines(),
    deliveries: new Lines(),
    sourceRuns: new Lines(),
    webhookDeliveries: new Lines(),
    workflowRuns: new Lines(),
    workflowSteps: new Lines(),
    dbWrites: new Lines(),
    dedupeMemories: new Lines(),
    usage: new Lines(),
  };
  earliestScheduledMs = Number.POSITIVE_INFINITY;
  readonly #ports: BatchPorts;
  readonly #emitters = new Map<string, EmitterCount>();
  readonly #orgs = new Set<string>();
  readonly #placed: PlacedDraft[] = [];
  readonly #placedOf: (PlacedDraft | null)[][] = [];
  readonly #keys: (number | null)[] = [];
  readonly #refused = new Map<number, RefusedError>();
  readonly #owed: OwedDeliveries;
  #earliestRetryMs = Number.POSITIVE_INFINITY;

  constructor(units: readonly BatchUnit[], ports: BatchPorts) {
    this.#ports = ports;
    this.#owed = new OwedDeliveries(ports);
    units.forEach((one, index) => this.#addUnit(one, index));
    this.#addHeads();
    for (const placed of this.#placed) this.#addDraft(placed);
    for (const orgId of this.#orgs) this.rows.versions.add([orgId, ports.matcherOf(orgId).version]);
  }

  get orgIds(): ReadonlySet<string> {
    return this.#orgs;
  }

  get owedCount(): number {
    return this.#owed.count;
  }

  /** Earliest time at which something that nobody holds is due; Infinity when nothing is. */
  get earliestWaitingMs(): number {
    return Math.min(this.#earliestRetryMs, this.#owed.hasWaiting ? this.#ports.nowMs : Number.POSITIVE_INFINITY);
  }

  /** Listeners in whose lanes something was put. */
  get lanes(): ReadonlySet<string> {
    return this.#owed.lanes;
  }

  /** Numbers the deliveries; call once, before writing. */
  numberDeliveries(deliveryIds: DeliveryIds): void {
    this.#owed.number(deliveryIds, this.rows.deliveries);
  }

  /** Gives back the slots of a batch that was not written. */
  abandon(): void {
    this.#owed.abandon();
  }

  /** Why a unit was not even tried. */
  refusalOf(index: number): RefusedError | undefined {
    return this.#refused.get(index);
  }

  /** True when the unit was written. */
  isHeld(index: number, result: WriteResult): boolean {
    const key = this.#keys[index] ?? null;
    return key === null || result.heldKeys.has(key);
  }

  /** What was appended for a unit, in draft order. */
  appendedOf(index: number, result: WriteResult): (AppendedEvent | null)[] {
    return (this.#placedOf[index] ?? []).map((placed) => placed && appended(placed, result));
  }

  /** The deliveries that this node now holds; slots of units that lost their claim are given back. */
  takeClaimed(result: WriteResult): ClaimedDelivery[] {
    return this.#owed.takeClaimed(result.heldKeys, (placed) => eventIdOf(placed, result));
  }

  #addUnit(one: BatchUnit, index: number): void {
    const refusal = one.unit.mayBeRefused ? this.#refusal(one) : null;
    if (refusal) {
      this.#refused.set(index, refusal);
      this.#keys.push(null);
      this.#placedOf.push([]);
      return;
    }
    const key = this.#addKey(one.unit, index);
    this.#keys.push(key);
    const placed = one.drafts.map((draft) => draft && this.#place(draft, { one, key }));
    this.#placedOf.push(placed);
    for (const draft of one.extraDrafts) this.#place(draft, { one, key });
    addRecords(this.rows, one.unit, { key, ordinal: index });
    addWorkflowRecords(this.rows, one.unit, { key, numberOf: (event) => placed[event]?.number ?? null });
  }

  /** Asked as the batch is made, one after the other: what was let in before counts. */
  #refusal({ drafts }: BatchUnit): RefusedError | null {
    const byParticipant = Map.groupBy(
      drafts.filter((draft) => draft !== null),
      ({ orgId, emitterId, directListenerId }) => `${orgId} ${directListenerId ?? emitterId}`,
    );
    for (const { 0: draft, length } of byParticipant.values()) {
      if (!draft) continue;
      const { orgId, emitterId, directListenerId: listenerId } = draft;
      const { admission, nowMs } = this.#ports;
      const untilMs = admission.quotas.exceededUntilMs(orgId, nowMs);
      if (untilMs !== null) return new QuotaExceededError({ untilMs, nowMs });
      const fullId =
        listenerId === undefined ? admission.holding(orgId, emitterId) : admission.refusal(orgId, listenerId, length);
      if (fullId !== null) return new QueueFullError({ listenerId: listenerId ?? emitterId, fullId });
    }
    return null;
  }

  #addKey({ claim, keepsClaim, retry, scheduledEmit, timerTick }: CommitUnit, index: number): number | null {
    if (claim) {
      if (keepsClaim) {
        this.rows.kept.add([claim.deliveryId]);
      } else if (retry) {
        this.rows.rescheduled.add([claim.deliveryId, retry.dueAtMs, cell(retry.lastError), retry.isUntried ? 0 : 1]);
        this.#earliestRetryMs = Math.min(this.#earliestRetryMs, retry.dueAtMs);
      } else {
        this.rows.completed.add([claim.deliveryId]);
      }
      return claim.deliveryId;
    }
    const key = -1 - index;
    if (scheduledEmit) this.rows.due.add([key, scheduledEmit.orgId, scheduledEmit.emitterId, scheduledEmit.eventId]);
    else if (timerTick) {
      this.rows.ticked.add([key, timerTick.orgId, timerTick.timerId, timerTick.dueAtMs, timerTick.nextAtMs]);
    } else return null;
    return key;
  }

  #place(draft: EventDraft, { one, key }: { one: BatchUnit; key: number | null }): PlacedDraft {
    const emitterKey = `${draft.orgId} ${draft.emitterId}`;
    let emitter = this.#emitters.get(emitterKey);
    if (!emitter) {
      emitter = { orgId: draft.orgId, emitterId: draft.emitterId, count: 0 };
      this.#emitters.set(emitterKey, emitter);
      this.#orgs.add(draft.orgId);
    }
    const placed: PlacedDraft = {
      draft,
      emitId: draft.emitId ?? newKsuid(this.#ports.nowMs),
      emitter,
      place: emitter.count++,
      number: this.#placed.length,
      key,
    };
    this.#placed.push(placed);
    if (this.#isDelayed(draft)) this.earliestScheduledMs = Math.min(this.earliestScheduledMs, draft.deliverAtMs ?? 0);
    else for (const listenerId of this.#listenersOf(draft, one.unit)) this.#owed.add(listenerId, placed);
    return placed;
  }

  #isDelayed(draft: EventDraft): boolean {
    return draft.deliverAtMs !== undefined && draft.deliverAtMs > this.#ports.nowMs;
  }

  #listenersOf(draft: EventDraft, unit: CommitUnit): readonly string[] {
    const direct = draft.directListenerId;
    // What a run says of handling an error (or a log) is stored but goes nowhere: no endless loops.
    const trigger = unit.sourceRun?.trigger ?? unit.workflowRun?.trigger;
    const isEcho = RUN_CHANNELS.has(draft.channel) && trigger?.channel === draft.channel;
    const matched = isEcho
      ? []
      : this.#ports.matcherOf(draft.orgId).matcher.listenersOf(draft.emitterId, draft.channel);
    if (direct === undefined) return matched;
    return matched.includes(direct) ? matched : [direct, ...matched];
  }

  #addHeads(): void {
    const sorted = [...this.#emitters.entries()].toSorted(([left], [right]) => (left < right ? -1 : 1));
    for (const [, { orgId, emitterId, count }] of sorted) this.rows.heads.add([orgId, emitterId, count]);
  }

  #addDraft(placed: PlacedDraft): void {
    const { draft, emitter } = placed;
    this.rows.drafts.add([
      placed.key,
      placed.number,
      emitter.count - 1 - placed.place,
      draft.orgId,
      draft.emitterId,
      cell(draft.channel),
      placed.emitId,
      this.#isDelayed(draft) ? draft.deliverAtMs : null,
      this.#isDelayed(draft) ? draft.directListenerId : null,
      draft.metadata && cell(JSON.stringify(draft.metadata)),
      cell(draft.payload),
    ]);
  }
}

function eventIdOf(placed: PlacedDraft, result: WriteResult): number {
  const { orgId, emitterId, count } = placed.emitter;
  const head = result.heads.get(`${orgId} ${emitterId}`);
  if (head === undefined) throw new Error("The database answered no head for an emitter");
  return head - (count - 1 - placed.place);
}

function appended(placed: PlacedDraft, result: WriteResult): AppendedEvent {
  const { orgId, emitterId, channel } = placed.draft;
  return { orgId, emitterId, channel, eventId: eventIdOf(placed, result), emitId: placed.emitId };
}
