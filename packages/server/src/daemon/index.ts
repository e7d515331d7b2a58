/** The loops of a node: moving deliveries, watching the other nodes, and daily chores. */
export { Housekeeping, type Chore, type HousekeepingOptions } from "./housekeeping.ts";
export { NodeWork, type NodeWorkOptions } from "./node-work.ts";
export { Peers, type PeersOptions } from "./peers.ts";
export { storageChores } from "./storage-chores.ts";
