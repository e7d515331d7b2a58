/** Takes claimed deliveries to their listeners. */
export { ClaimLoop, type ClaimLoopOptions } from "./claim-loop.ts";
export { Dispatcher, type DeliveryHandler, type DispatcherOptions, type WaitingWork } from "./dispatcher.ts";
export type { SlotLimits } from "./slots.ts";
