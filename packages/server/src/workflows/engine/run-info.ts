import { runIdOf } from "../../core/index.ts";
import type { ClaimedDelivery } from "../../events/index.ts";
import { isUnstored, TRIGGER_CHANNEL } from "../../sources/index.ts";

/** Channels of a workflow's own: their events go to the workflow alone. */
export const RESUME_CHANNEL = "$resume";
export const REPLAY_CHANNEL = "$replay";
export const SENDS_CHANNEL = "$sends";
/** What runs send to the workflow's stream. */
export const STREAM_CHANNEL = "$sse";
export const ERRORS_CHANNEL = "$errors";
export const LOGS_CHANNEL = "$logs";

/** What started a run. */
export interface RunTrigger {
  readonly kind: string;
  readonly emitterId: string;
  readonly channel: string;
  readonly eventId: number;
  /** JSON text. */
  readonly event: string;
  readonly createdAtMs: number;
}

/** What stays the same over all segments of a run. */
export interface RunInfo {
  readonly orgId: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly traceId: string;
  readonly deploymentId: string;
  readonly trigger: RunTrigger;
  readonly replayOf: string | null;
  readonly startedAtMs: number;
  /** Its caller asked that nothing of it be kept. */
  readonly isUnstored: boolean;
}

/** An event of `$replay`. */
export interface ReplayPayload {
  readonly run_id: string;
  readonly from_step: string | null;
  readonly trace_id: string;
  readonly trigger: { kind: string; emitter_id: string; channel: string; event_id: number; created_at_ms: number };
  readonly event: unknown;
}

/** How a trigger shows in runs, by the id of its emitter. */
export function triggerKindOf({ emitterId, channel }: { emitterId: string; channel: string }): string {
  const isOwn = channel === TRIGGER_CHANNEL;
  switch (emitterId.slice(0, emitterId.indexOf("_"))) {
    case "hi":
      return "http";
    case "ti":
      return "timer";
    case "ei":
      return "email";
    case "dc":
      return "source";
    default:
      return isOwn ? "manual" : "workflow";
  }
}

/** The run that a delivery of a trigger starts. */
export function newRun(delivery: ClaimedDelivery, deploymentId: string): RunInfo {
  const { orgId, listenerId: workflowId, emitId } = delivery;
  const base = {
    orgId,
    workflowId,
    runId: runIdOf({ emitId, workflowId }),
    deploymentId,
    startedAtMs: Date.now(),
    isUnstored: isUnstored(delivery),
  };
  if (delivery.channel === REPLAY_CHANNEL) {
    const payload = JSON.parse(delivery.payload) as ReplayPayload;
    const { kind, emitter_id: emitterId, channel, event_id: eventId, created_at_ms: createdAtMs } = payload.trigger;
    const trigger = { kind, emitterId, channel, eventId, createdAtMs, event: JSON.stringify(payload.event) };
    return { ...base, traceId: payload.trace_id, trigger, replayOf: payload.run_id };
  }
  const { emitterId, channel, eventId, createdAtMs, payload: event } = delivery;
  const trigger = { kind: triggerKindOf(delivery), emitterId, channel, eventId, createdAtMs, event };
  return { ...base, traceId: emitId, trigger, replayOf: null };
}

/** Whether a delivery goes on with a run that has begun, rather than starting one. */
export function isOfBegunRun({ channel, attempts }: Pick<ClaimedDelivery, "channel" | "attempts">): boolean {
  return attempts > 0 || channel === RESUME_CHANNEL || channel === SENDS_CHANNEL;
}
