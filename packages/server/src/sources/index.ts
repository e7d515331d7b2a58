/** Event sources: what a source is, what a delivery does to it, and the endpoints and timers that trigger it. */
export { checkProps } from "./check-props.ts";
export { accountsOf, type PropsPlan } from "./configured-props.ts";
export {
  Endpoints,
  isEndpointKey,
  newEndpointKey,
  type Endpoint,
  type EndpointAuthorization,
  type EndpointBehavior,
  type EndpointsOptions,
} from "./endpoints.ts";
export { isRecord } from "./prop-values.ts";
export { Responders, type ResponderOutcome, type Waiter } from "./responders.ts";
export { SecretProps } from "./secret-props.ts";
export { SECRET_MASK, shownProps } from "./shown-props.ts";
export { SourceDb } from "./source-db.ts";
export type { NewSource } from "./source-creation.ts";
export type { SourceReply } from "./source-reply.ts";
export type { SourceChange } from "./source-update.ts";
export { assertSource, type ComponentReference } from "./source-planner.ts";
export { Sources, type SourcesOptions } from "./sources.ts";
export { announceTimers, Timers, type Timer, type TimerOwner } from "./timers.ts";
export { httpEmitterId, TRIGGER_CHANNEL } from "./trigger.ts";
export { isUnstored, UNSTORED_METADATA } from "./unstored-events.ts";
