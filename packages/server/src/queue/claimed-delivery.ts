/** Proof that this node holds a delivery: completing is fenced by it. */
export interface Claim {
  deliveryId: number;
}

/** What event lists and deliveries tell of an event besides its payload. */
export interface EventMetadata {
  /** Dedupe id. */
  id?: string;
  summary?: string;
  ts?: number;
}

/** A delivery that this node holds, with its event. */
export interface ClaimedDelivery extends Claim {
  orgId: string;
  listenerId: string;
  emitterId: string;
  channel: string;
  eventId: number;
  emitId: string;
  /** JSON text. */
  payload: string;
  metadata: EventMetadata | null;
  /** Attempts that ended before this one. */
  attempts: number;
  createdAtMs: number;
  /** True: this process wrote the delivery itself just now, so nothing can have been done about it before. */
  isFirst: boolean;
  /** It came by the rules of its listener's lane. */
  isInLane: boolean;
}
