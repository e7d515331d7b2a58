import type { SendRequest } from "@millrace/runner";
import type { CommitUnit, EventDraft, WorkflowRunRecord } from "../../events/index.ts";
import { ERRORS_CHANNEL, RESUME_CHANNEL, SENDS_CHANNEL, STREAM_CHANNEL, type RunInfo } from "./run-info.ts";
import type { ResumePayload } from "./run-state.ts";
import type { RunEnding, Segment } from "./segment.ts";

/** The unit that ends a segment together with its delivery: the run has ended, or waits. */
export function segmentUnit(segment: Segment): CommitUnit {
  return segment.ending ? endUnit(segment, segment.ending) : pauseUnit(segment);
}

/** A run's own events go to the workflow alone. */
function ownDraft(
  run: Pick<RunInfo, "orgId" | "workflowId">,
  { channel, payload }: { channel: string; payload: string },
): EventDraft {
  const { orgId, workflowId } = run;
  return { orgId, emitterId: workflowId, channel, payload, directListenerId: workflowId };
}

/** The event that makes a run go on. */
export function resumeDraft(run: Pick<RunInfo, "orgId" | "workflowId">, payload: ResumePayload): EventDraft {
  return ownDraft(run, { channel: RESUME_CHANNEL, payload: JSON.stringify(payload) });
}

function pauseUnit(segment: Segment): CommitUnit {
  const { run, delivery } = segment.options;
  const dueAtMs = Math.min(...segment.waits.map((wait) => wait.dueAtMs));
  return {
    claim: delivery,
    events: [{ ...resumeDraft(run, { run_id: run.runId, due_at_ms: dueAtMs }), deliverAtMs: dueAtMs }],
    workflowRun: { ...segment.runRecord("paused"), pendingEvent: 0 },
    workflowSteps: segment.journal.takeRest(),
  };
}

function endUnit(segment: Segment, ending: RunEnding): CommitUnit {
  const { run, delivery, recorded } = segment.options;
  const sends = recorded.rows.flatMap((row) => (row.sends === null ? [] : (JSON.parse(row.sends) as SendRequest[])));
  const events = sends.flatMap((send) => eventOfSend(run, send));
  const hasOthers = sends.some((send) => send.kind !== "emit" && send.kind !== "sse");
  const toSend = ownDraft(run, { channel: SENDS_CHANNEL, payload: JSON.stringify({ run_id: run.runId }) });
  return {
    claim: delivery,
    events: [...events, ...(ending.error ? [errorDraft(segment, ending.error)] : []), ...(hasOthers ? [toSend] : [])],
    workflowRun: segment.runRecord(ending.status),
    workflowSteps: segment.journal.takeRest(),
  };
}

/** Emits are events of the workflow; what goes to its stream is kept on a channel of its own. */
function eventOfSend({ orgId, workflowId }: RunInfo, send: SendRequest): EventDraft[] {
  if (send.kind === "sse") return [{ orgId, emitterId: workflowId, channel: STREAM_CHANNEL, payload: send.payload }];
  if (send.kind !== "emit") return [];
  const { event, channel } = JSON.parse(send.payload) as { event?: unknown; channel?: unknown };
  const name = typeof channel === "string" && !channel.startsWith("$") ? channel : "";
  return [{ orgId, emitterId: workflowId, channel: name, payload: JSON.stringify(event ?? null) }];
}

function errorDraft(segment: Segment, error: NonNullable<RunEnding["error"]>): EventDraft {
  const { run } = segment.options;
  const { orgId, workflowId } = run;
  const shown = {
    code: error.code,
    name: error.name,
    msg: error.message,
    cellId: error.cellId,
    namespace: error.step,
    ts: new Date().toISOString(),
    stack: error.stack ?? null,
  };
  const payload = `{"error":${JSON.stringify(shown)},"original_event":${run.trigger.event},"original_context":${JSON.stringify(segment.context)}}`;
  return { orgId, emitterId: workflowId, channel: ERRORS_CHANNEL, payload };
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
    state: null,
    error: message === null ? null : JSON.stringify({ code: "CANCELLED", name: "Error", message }),
    startedAtMs: run.startedAtMs,
    endedAtMs: Date.now(),
    deliveryId: null,
  };
}
