import type { ReplyOf, runOperations } from "@millrace/contract";
import { formatEventId } from "../../core/index.ts";
import type { WorkflowStepRecord } from "../../events/index.ts";
import { triggerKindOf } from "./run-info.ts";
import { stateOf, type RunRow } from "./run-rows.ts";

export type RunSummaryReply = ReplyOf<typeof runOperations.createWorkflowRun>["data"];
export type RunReply = ReplyOf<typeof runOperations.getRun>["data"];
type StepReply = RunReply["steps"][number];

/** A run as lists show it. */
export function summaryReply(row: RunRow): RunSummaryReply {
  const trigger = { emitterId: row.trigger_emitter_id, channel: row.trigger_channel };
  return {
    id: row.run_id,
    workflow_id: row.workflow_id,
    deployment_id: row.deployment_id,
    trace_id: row.trace_id,
    status: row.status,
    trigger: {
      type: row.trigger_kind ?? triggerKindOf(trigger),
      emitter_id: row.trigger_emitter_id,
      event_name: row.trigger_channel,
      event_id: formatEventId(row.trigger_event_id),
    },
    replay_of: row.replay_of,
    ...(row.error !== null && { error: JSON.parse(row.error) as NonNullable<RunSummaryReply["error"]> }),
    started_at_ms: row.started_at_ms,
    ended_at_ms: row.ended_at_ms,
  };
}

/** A run with all that is recorded of it. */
export function runReply(row: RunRow, parts: { event: string | null; steps: readonly WorkflowStepRecord[] }): RunReply {
  const summary = summaryReply(row);
  const waits = row.status === "paused" ? stateOf(row).waits : [];
  return {
    ...summary,
    trigger: { ...summary.trigger, event: parsed(parts.event) },
    waits: waits.map(({ key, kind, dueAtMs }) => ({ namespace: placeOf(key).namespace, kind, until_ms: dueAtMs })),
    steps: stepReplies(parts.steps),
    destinations: (parsed(row.destinations) ?? []) as unknown[],
  };
}

/** In the order in which they began; of repeated attempts the last one is shown. */
function stepReplies(rows: readonly WorkflowStepRecord[]): StepReply[] {
  const latest = new Map<string, WorkflowStepRecord>();
  for (const row of rows) if (row.kind !== "decision") latest.set(row.key, row);
  return [...latest.values()].toSorted((a, b) => a.startedAtMs - b.startedAtMs || a.ordinal - b.ordinal).map(stepReply);
}

function stepReply(row: WorkflowStepRecord): StepReply {
  const { index } = placeOf(row.key);
  return {
    namespace: row.namespace,
    ...(index.length > 0 && { index }),
    type: row.kind === "block" ? "block" : "step",
    status: row.status,
    attempts: row.attempt,
    props: parsed(row.props),
    exports: (parsed(row.exports) ?? {}) as Record<string, unknown>,
    return_value: parsed(row.returnValue),
    logs: (parsed(row.logs) ?? []) as unknown[],
    error: parsed(row.error),
    started_at_ms: row.startedAtMs,
    ended_at_ms: row.endedAtMs,
  };
}

function placeOf(key: string): { namespace: string; index: number[] } {
  const [namespace = "", places] = key.split("#");
  return { namespace, index: places === undefined ? [] : places.split(".").map(Number) };
}

// What a sandbox claims to be JSON was checked when it came.
function parsed(text: string | null): unknown {
  return text === null ? null : (JSON.parse(text) as unknown);
}
