import type { ClaimedDelivery } from "../queue/index.ts";
import type { CommitOutcome } from "./commit-unit.ts";

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

/** One write to the log that has just been made durable. */
export interface CommittedWrite {
  readonly outcomes: readonly CommitOutcome[];
  /** Units that were told no, because a queue was full. */
  readonly refused: number;
  readonly startedAtMs: number;
}

/** Told of every write before anything that it wrote is worked on: the basis of metrics and traces. Must be quick. */
export interface LogObserver {
  committed(write: CommittedWrite): void;
  /** The database was away, or refused. */
  commitFailed(): void;
}
