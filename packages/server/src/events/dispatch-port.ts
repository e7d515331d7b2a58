import type { ClaimedDelivery } from "../queue/index.ts";

/** How the event log hands work to the part of this node that does it. */
export interface DispatchPort {
  /** Takes a slot for a delivery that is about to be written; false when there is none. */
  tryReserve(listenerId: string): boolean;
  /** Gives back a slot that was not used after all. */
  unreserve(listenerId: string): void;
  /** Starts work on deliveries that this node holds; each uses a reserved slot. */
  dispatch(deliveries: ClaimedDelivery[]): void;
  /** Deliveries were written that nobody holds yet: claim them when due. */
  waiting(earliestDueAtMs: number): void;
  /** Deliveries were written to the lanes of these listeners. */
  waitingInLanes(listenerIds: Iterable<string>): void;
}
