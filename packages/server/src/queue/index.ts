/** Deliveries as owed work: who holds them, who may claim them next, and what happens when a node is lost. */
export type { Claim, ClaimedDelivery, EventMetadata } from "./claimed-delivery.ts";
export { NodeSession, type NodeSessionOptions } from "./node-session.ts";
