import type { CommitUnit, UsageRecord, WorkflowRunRecord } from "../../events/index.ts";
import { errorDraft, resumeDraft, sendDrafts } from "./run-events.ts";
import type { RunInfo } from "./run-info.ts";
import { endedState } from "./run-state.ts";
import type { RunEnding, Segment } from "./segment.ts";

/** The unit that ends a segment together with its delivery: the run has ended, or waits. */
export function segmentUnit(segment: Segment): CommitUnit {
  const unit = segment.ending ? endUnit(segment, segment.ending) : pauseUnit(segment);
  return { ...unit, ...usageUnit(segment) };
}

/** What a segment has used, alone: for one that was cancelled by somebody else. */
export function usageUnit(segment: Segment): CommitUnit {
  return { usage: usageOf(segment) };
}

function usageOf({ meter, options }: Segment): UsageRecord {
  const { run, version } = options;
  const credits = meter.credits(version.settings.memoryMb);
  return { orgId: run.orgId, kind: "workflow", credits, computeMs: meter.computeMs, endedAtMs: Date.now() };
}

function pauseUnit(segment: Segment): CommitUnit {
  const { run, delivery } = segment.options;
  const dueAtMs = Math.min(...segment.waits.map((wait) => wait.dueAtMs));
  const { rows, events } = segment.journal.takeRest();
  const wakeUp = { ...resumeDraft(run, { run_id: run.runId, due_at_ms: dueAtMs }), deliverAtMs: dueAtMs };
  return {
    claim: delivery,
    events: [wakeUp, ...events],
    workflowRun: { ...segment.runRecord("paused"), pendingEvent: 0 },
    workflowSteps: rows,
  };
}

function endUnit(segment: Segment, ending: RunEnding): CommitUnit {
  const { run, delivery, recorded } = segment.options;
  const { rows, events } = segment.journal.takeRest();
  const failure = ending.error ? [errorDraft(run, { error: ending.error, context: segment.context })] : [];
  return {
    claim: delivery,
    events: [...events, ...sendDrafts(run, recorded.rows), ...failure],
    workflowRun: segment.runRecord(ending.status),
    workflowSteps: rows,
  };
}

/** A run as it is recorded once it is cancelled. */
export function cancelledRecord(run: RunInfo, message: string | null): WorkflowRunRecord {
  const { kind, emitterId, channel, eventId } = run.trigger;
  return {
    orgId: run.orgId,
    workflowId: run.workflowId,
    runId: run.runId,
    traceId: run.traceId,
    deploymentId: run.deploymentId,
    status: "cancelled",
    trigger: { kind, emitterId, channel, eventId },
    replayOf: run.replayOf,
    state: endedState(run),
    error: message === null ? null : JSON.stringify({ code: "CANCELLED", name: "Error", message }),
    startedAtMs: run.startedAtMs,
    endedAtMs: Date.now(),
    deliveryId: null,
  };
}
