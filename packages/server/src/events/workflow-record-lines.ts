import type { CommitUnit, WorkflowRunRecord, WorkflowStepRecord } from "./commit-unit.ts";
import { cell, linesOf } from "./unit-lines.ts";
import type { UnitRows } from "./write-units.ts";

/** Stands in for what was placed in a commit without events. */
export const NOTHING_PLACED = "placed as (select null::int as number, null::bigint as event_id where false)";

export const WORKFLOW_RUNS = `recorded_workflow_runs as (
  insert into workflow_runs as known (org_id, workflow_id, run_id, trace_id, deployment_id, status, trigger_kind,
    trigger_emitter_id, trigger_channel, trigger_event_id, replay_of, state, error, started_at_ms, ended_at_ms,
    delivery_id, pending_event_id)
  select line.a[3], line.a[4], line.a[5], line.a[6], line.a[7], line.a[8], line.a[9], line.a[10],
    coalesce(line.a[11], ''), line.a[12]::bigint, line.a[13], line.a[14], line.a[15], line.a[16]::bigint,
    line.a[17]::bigint, line.a[18]::bigint, placed.event_id
  from (select a from ${linesOf("@")} where (select ok from fresh) and (a[1] is null or a[1]::bigint in (select key from held))) as line
  left join placed on placed.number = line.a[2]::int
  on conflict (org_id, workflow_id, run_id) do update set status = excluded.status, state = excluded.state,
    error = excluded.error, ended_at_ms = excluded.ended_at_ms, delivery_id = excluded.delivery_id,
    pending_event_id = excluded.pending_event_id
  where known.ended_at_ms is null)`;

// A checkpoint whose answer was lost is written again.
export const WORKFLOW_STEPS = `recorded_workflow_steps as (
  insert into workflow_steps (org_id, run_id, ordinal, key, namespace, kind, attempt, status, props, exports,
    return_value, logs, error, flow, sends, response, started_at_ms, ended_at_ms)
  select a[2], a[3], a[4]::int, a[5], a[6], a[7], a[8]::int, a[9], a[10], a[11], a[12], a[13], a[14], a[15], a[16],
    a[17], a[18]::bigint, a[19]::bigint
  from ${linesOf("@")} where (select ok from fresh) and (a[1] is null or a[1]::bigint in (select key from held))
  on conflict (org_id, run_id, ordinal) do nothing)`;

const orNull = (text: string | null): string | null => text && cell(text);

/** Adds what a unit records of a workflow's run. */
export function addWorkflowRecords(
  rows: UnitRows,
  unit: CommitUnit,
  at: { key: number | null; numberOf(event: number): number | null },
): void {
  const { workflowRun: run, workflowSteps = [] } = unit;
  if (run) {
    const pending = run.pendingEvent === undefined ? null : at.numberOf(run.pendingEvent);
    rows.workflowRuns.add([at.key, pending, ...runCells(run)]);
  }
  for (const step of workflowSteps) rows.workflowSteps.add([at.key, ...stepCells(step)]);
}

function runCells(run: WorkflowRunRecord): (string | number | null)[] {
  return [
    run.orgId,
    run.workflowId,
    run.runId,
    run.traceId,
    run.deploymentId,
    run.status,
    run.trigger.kind,
    run.trigger.emitterId,
    cell(run.trigger.channel),
    run.trigger.eventId,
    run.replayOf,
    orNull(run.state),
    orNull(run.error),
    run.startedAtMs,
    run.endedAtMs,
    run.deliveryId,
  ];
}

function stepCells(step: WorkflowStepRecord): (string | number | null)[] {
  return [
    step.orgId,
    step.runId,
    step.ordinal,
    step.key,
    step.namespace,
    step.kind,
    step.attempt,
    step.status,
    orNull(step.props),
    orNull(step.exports),
    orNull(step.returnValue),
    orNull(step.logs),
    orNull(step.error),
    orNull(step.flow),
    orNull(step.sends),
    orNull(step.response),
    step.startedAtMs,
    step.endedAtMs,
  ];
}
