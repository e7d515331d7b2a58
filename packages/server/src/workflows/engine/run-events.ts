import type { JsonObject, Observation, SendRequest } from "@millrace/runner";
import type { EventDraft, WorkflowStepRecord } from "../../events/index.ts";
import {
  ERRORS_CHANNEL,
  LOGS_CHANNEL,
  RESUME_CHANNEL,
  SENDS_CHANNEL,
  STREAM_CHANNEL,
  type RunInfo,
} from "./run-info.ts";
import type { ResumePayload } from "./run-state.ts";
import type { RunEnding } from "./segment.ts";

type Emitter = Pick<RunInfo, "orgId" | "workflowId">;

/** The event that makes a run go on. */
export function resumeDraft(run: Emitter, payload: ResumePayload): EventDraft {
  return ownDraft(run, { channel: RESUME_CHANNEL, payload: JSON.stringify(payload) });
}

/** An event of a workflow to itself. */
function ownDraft({ orgId, workflowId }: Emitter, event: { channel: string; payload: string }): EventDraft {
  return { orgId, emitterId: workflowId, ...event, directListenerId: workflowId };
}

/** Each console line of a step is an event; a run that handles a log line makes no more of them. */
export function logDrafts(run: RunInfo, { logs, namespace }: WorkflowStepRecord): EventDraft[] {
  if (logs === null || run.trigger.channel === LOGS_CHANNEL) return [];
  const { orgId, workflowId, runId } = run;
  return (JSON.parse(logs) as Observation[]).map((line) => ({
    ...{ orgId, emitterId: workflowId, channel: LOGS_CHANNEL },
    payload: JSON.stringify({ ...line, step: namespace, run_id: runId }),
  }));
}

/** What the steps of an ended run sent: emits become events of the workflow, the rest is delivered by an event to itself. */
export function sendDrafts(run: RunInfo, rows: readonly WorkflowStepRecord[]): EventDraft[] {
  const sends = rows.flatMap((row) => (row.sends === null ? [] : (JSON.parse(row.sends) as SendRequest[])));
  const events = sends.flatMap((send) => eventOfSend(run, send));
  if (events.length === sends.length) return events;
  return [...events, ownDraft(run, { channel: SENDS_CHANNEL, payload: JSON.stringify({ run_id: run.runId }) })];
}

function eventOfSend({ orgId, workflowId }: RunInfo, send: SendRequest): EventDraft[] {
  if (send.kind === "sse") return [{ orgId, emitterId: workflowId, channel: STREAM_CHANNEL, payload: send.payload }];
  if (send.kind !== "emit") return [];
  const { event, channel } = JSON.parse(send.payload) as { event?: unknown; channel?: unknown };
  // Channels that begin so are the platform's.
  const name = typeof channel === "string" && !channel.startsWith("$") ? channel : "";
  return [{ orgId, emitterId: workflowId, channel: name, payload: JSON.stringify(event ?? null) }];
}

/** `{error, original_event, original_context}`; the event goes in as the text it is. */
export function errorDraft(
  run: RunInfo,
  { error, context }: { error: NonNullable<RunEnding["error"]>; context: JsonObject },
): EventDraft {
  const shown = {
    code: error.code,
    name: error.name,
    msg: error.message,
    cellId: error.cellId,
    namespace: error.step,
    ts: new Date().toISOString(),
    stack: error.stack ?? null,
  };
  const payload = `{"error":${JSON.stringify(shown)},"original_event":${run.isUnstored ? "null" : run.trigger.event},"original_context":${JSON.stringify(context)}}`;
  return { orgId: run.orgId, emitterId: run.workflowId, channel: ERRORS_CHANNEL, payload };
}
