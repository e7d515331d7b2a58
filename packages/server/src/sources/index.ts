/** Event sources: what a source is, what a delivery does to it, and the endpoints and timers that trigger it. */
export { Endpoints, isEndpointKey, type Endpoint, type EndpointsOptions } from "./endpoints.ts";
export { Responders, type ResponderOutcome, type Waiter } from "./responders.ts";
export type { NewSource } from "./source-creation.ts";
export type { SourceReply } from "./source-reply.ts";
export type { SourceChange } from "./source-update.ts";
export { Sources, type SourcesOptions } from "./sources.ts";
export { Timers, type Timer, type TimerOwner } from "./timers.ts";
export { httpEmitterId, TRIGGER_CHANNEL } from "./trigger.ts";
export { UNSTORED_METADATA } from "./unstored-events.ts";
