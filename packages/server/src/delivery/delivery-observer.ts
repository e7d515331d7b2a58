import type { ClaimedDelivery, CommitUnit } from "../events/index.ts";

/** Told of the work on deliveries: the basis of metrics and traces. Must be quick. */
export interface DeliveryObserver {
  deliveryStarted(delivery: ClaimedDelivery): void;
  /** The unit is about to be written down. */
  deliveryWorked(delivery: ClaimedDelivery, unit: CommitUnit): void;
  deliveryFailed(delivery: ClaimedDelivery, error: unknown): void;
}
