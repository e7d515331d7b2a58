import type { SourceRunRecord } from "../events/index.ts";

/**
 * Interface events of a source have emitters of their own, `hi_<endpoint key>` and `ti_<timer id>`: so they neither mix
 * with what the source emits nor contend for its event ids, and they tell what caused a run.
 */
export const TRIGGER_CHANNEL = "$trigger";

const HTTP_EMITTER_PREFIX = "hi_";
const TIMER_EMITTER_PREFIX = "ti_";

/** The emitter of an endpoint's requests. */
export function httpEmitterId(endpointKey: string): string {
  return HTTP_EMITTER_PREFIX + endpointKey;
}

/** Why a delivery runs its source. */
export function causeOf(delivery: { emitterId: string; channel: string }): SourceRunRecord["cause"] {
  if (delivery.channel !== TRIGGER_CHANNEL) return "event";
  if (delivery.emitterId.startsWith(HTTP_EMITTER_PREFIX)) return "http";
  return delivery.emitterId.startsWith(TIMER_EMITTER_PREFIX) ? "timer" : "manual";
}
