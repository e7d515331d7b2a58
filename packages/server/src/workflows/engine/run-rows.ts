import { runIdSql } from "../../core/index.ts";
import type { Database, Schema } from "../../db/index.ts";
import type { WorkflowStepRecord } from "../../events/index.ts";
import type { RunInfo } from "./run-info.ts";
import { NEW_STATE, type RunState } from "./run-state.ts";

export interface RunKey {
  readonly orgId: string;
  readonly workflowId: string;
  readonly runId: string;
}

export type RunStatus = "queued" | "running" | "paused" | "success" | "error" | "cancelled";

/** A row of `RUNS`: also of runs that wait for their turn, of which little is known. */
export interface RunRow extends Omit<Schema["workflow_runs"], "deployment_id" | "trigger_kind"> {
  deployment_id: string | null;
  trigger_kind: string | null;
}

type StepRow = Schema["workflow_steps"];

const RUN_ID = runIdSql({ emitId: "event.emit_id", workflowId: "delivery.listener_id" });

/**
 * SQL: all runs, those included that have recorded nothing yet: they are deliveries still. A run whose pending emit has
 * become an event is at work again.
 */
export const RUNS = `(
  select run.org_id, run.workflow_id, run.run_id, run.trace_id, run.deployment_id,
    case when run.status = 'paused' and not exists (
      select from scheduled_emits as pending
      where pending.org_id = run.org_id and pending.emitter_id = run.workflow_id and pending.event_id = run.pending_event_id)
    then 'running' else run.status end as status,
    run.trigger_kind, run.trigger_emitter_id, run.trigger_channel, run.trigger_event_id, run.replay_of, run.state, run.error,
    run.started_at_ms, run.ended_at_ms, run.delivery_id, run.pending_event_id, run.destinations
  from workflow_runs as run
  union all
  select delivery.org_id, delivery.listener_id, ${RUN_ID}, event.emit_id, null,
    case when delivery.node_id is null then 'queued' else 'running' end,
    null, delivery.emitter_id, delivery.channel, delivery.event_id, null, null, null,
    delivery.created_at_ms, null, delivery.delivery_id, null, null
  from deliveries as delivery join events as event using (org_id, emitter_id, channel, event_id)
  where starts_with(delivery.listener_id, 'p_') and delivery.channel not in ('$resume', '$sends')
    and not exists (select from workflow_runs as known where known.org_id = delivery.org_id
      and known.workflow_id = delivery.listener_id and known.run_id = ${RUN_ID})) as run`;

/** A run's own row; null while nothing is recorded. */
export async function findRunRow(db: Database, key: RunKey): Promise<RunRow | null> {
  const { rows } = await db.query<RunRow>(
    "select * from workflow_runs where org_id = $1 and workflow_id = $2 and run_id = $3",
    [key.orgId, key.workflowId, key.runId],
  );
  return rows[0] ?? null;
}

/** Whether a run is on its way of which nothing is recorded yet. */
export async function isQueued(db: Database, key: RunKey): Promise<boolean> {
  const { rows } = await db.query(
    `select from deliveries as delivery join events as event using (org_id, emitter_id, channel, event_id)
     where delivery.org_id = $1 and delivery.listener_id = $2 and ${RUN_ID} = $3 limit 1`,
    [key.orgId, key.workflowId, key.runId],
  );
  return rows.length > 0;
}

/** Everything recorded of a run's steps, in order. */
export async function loadSteps(
  db: Database,
  { orgId, runId }: { orgId: string; runId: string },
): Promise<WorkflowStepRecord[]> {
  const { rows } = await db.query<StepRow>(
    "select * from workflow_steps where org_id = $1 and run_id = $2 order by ordinal",
    [orgId, runId],
  );
  return rows.map((row) => ({
    orgId: row.org_id,
    runId: row.run_id,
    ordinal: row.ordinal,
    key: row.key,
    namespace: row.namespace,
    kind: row.kind,
    attempt: row.attempt,
    status: row.status,
    props: row.props,
    exports: row.exports,
    returnValue: row.return_value,
    logs: row.logs,
    error: row.error,
    flow: row.flow,
    sends: row.sends,
    response: row.response,
    startedAtMs: row.started_at_ms,
    endedAtMs: row.ended_at_ms,
  }));
}

export function stateOf(row: RunRow): RunState {
  return row.state === null ? NEW_STATE : (JSON.parse(row.state) as RunState);
}

/** A run as its row tells; the trigger's event is the one that its state or its delivery carries. */
export function runOfRow(row: RunRow, carried: { event: string; createdAtMs: number }): RunInfo {
  const stored = stateOf(row).trigger;
  return {
    orgId: row.org_id,
    workflowId: row.workflow_id,
    runId: row.run_id,
    traceId: row.trace_id,
    deploymentId: row.deployment_id ?? "",
    trigger: {
      kind: row.trigger_kind ?? "workflow",
      emitterId: row.trigger_emitter_id,
      channel: row.trigger_channel,
      eventId: row.trigger_event_id,
      event: stored?.event ?? carried.event,
      createdAtMs: stored?.createdAtMs ?? carried.createdAtMs,
    },
    replayOf: row.replay_of,
    startedAtMs: row.started_at_ms,
    isUnstored: stateOf(row).isUnstored ?? false,
  };
}
