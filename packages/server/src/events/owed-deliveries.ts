import type { ClaimedDelivery } from "../queue/index.ts";
import type { BatchPorts, PlacedDraft } from "./commit-batch.ts";
import type { DeliveryIds } from "./delivery-ids.ts";
import type { Lines } from "./unit-lines.ts";

interface OwedDelivery {
  readonly listenerId: string;
  readonly placed: PlacedDraft;
  readonly isClaimed: boolean;
  readonly isInLane: boolean;
  deliveryId: number;
}

/** The deliveries that a batch writes: claimed at once where there are slots, else waiting in their listener's queue. */
export class OwedDeliveries {
  readonly #ports: BatchPorts;
  readonly #owed: OwedDelivery[] = [];
  readonly lanes = new Set<string>();
  /** Something waits that is in no lane. */
  hasWaiting = false;

  constructor(ports: BatchPorts) {
    this.#ports = ports;
  }

  get count(): number {
    return this.#owed.length;
  }

  add(listenerId: string, placed: PlacedDraft): void {
    const { draft } = placed;
    const { queues } = this.#ports.matcherOf(draft.orgId);
    // What is addressed to a listener itself (a request, a tick, a run that goes on) is nobody's turn but its own.
    const isInLane =
      queues.size > 0 && draft.directListenerId !== listenerId && queues.get(listenerId)?.isLane === true;
    const isClaimed = !isInLane && this.#ports.dispatch.tryReserve(listenerId);
    if (isInLane) this.lanes.add(listenerId);
    else if (!isClaimed) this.hasWaiting = true;
    const owed = { listenerId, placed, isClaimed, isInLane, deliveryId: 0 };
    this.#owed.push(owed);
    if (!isClaimed) this.#count(owed, 1);
  }

  number(deliveryIds: DeliveryIds, rows: Lines): void {
    for (const owed of this.#owed) {
      owed.deliveryId = deliveryIds.take();
      const { placed, listenerId, isClaimed, isInLane } = owed;
      rows.add([placed.number, owed.deliveryId, listenerId, isClaimed ? 1 : null, isInLane ? 1 : null]);
    }
  }

  /** As if nothing had been added. */
  abandon(): void {
    for (const owed of this.#owed) this.#undo(owed);
  }

  takeClaimed(heldKeys: ReadonlySet<number>, eventIdOf: (placed: PlacedDraft) => number): ClaimedDelivery[] {
    const deliveries: ClaimedDelivery[] = [];
    for (const owed of this.#owed) {
      const { key } = owed.placed;
      if (key !== null && !heldKeys.has(key)) this.#undo(owed);
      else if (owed.isClaimed) deliveries.push(this.#claimedDelivery(owed, eventIdOf(owed.placed)));
    }
    return deliveries;
  }

  #undo(owed: OwedDelivery): void {
    if (owed.isClaimed) this.#ports.dispatch.unreserve(owed.listenerId);
    else this.#count(owed, -1);
  }

  #count({ listenerId, placed }: OwedDelivery, count: number): void {
    const { admission } = this.#ports;
    const queue = admission.queueOf(placed.draft.orgId, listenerId);
    if (queue) admission.levels.added(queue, count);
  }

  #claimedDelivery(owed: OwedDelivery, eventId: number): ClaimedDelivery {
    const { draft, emitId } = owed.placed;
    return {
      deliveryId: owed.deliveryId,
      orgId: draft.orgId,
      listenerId: owed.listenerId,
      emitterId: draft.emitterId,
      channel: draft.channel,
      eventId,
      emitId,
      payload: draft.payload,
      metadata: draft.metadata ?? null,
      attempts: 0,
      createdAtMs: this.#ports.nowMs,
      isFirst: true,
      isInLane: false,
    };
  }
}
