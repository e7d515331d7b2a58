import type { Database } from "../../db/index.ts";
import { ENDED_STATE } from "./run-state.ts";
import { forgetUnstoredRuns } from "./unstored-runs.ts";

export interface RunChoresOptions {
  db: Database;
  /** For workflows that say nothing else. */
  retentionMs: number;
}

interface RunChore {
  name: string;
  everyMs: number;
  run(nowMs: number): Promise<unknown>;
}

const MINUTE_MS = 60_000;
const FORGET_EVERY_MS = 2_000;
const BATCH = 1_000;

// A run ends together with its delivery or its pending emit; one that has neither lost it to somebody who deleted events.
const END_STRANDED = `
update workflow_runs as known
set status = 'error', ended_at_ms = $1, state = ${ENDED_STATE}, delivery_id = null, pending_event_id = null,
  error = '{"code":"INTERRUPTED","name":"Error","message":"The event that the run worked on was deleted"}'
where ended_at_ms is null
  and not exists (select from deliveries where deliveries.delivery_id = known.delivery_id)
  and not exists (select from scheduled_emits as pending where pending.org_id = known.org_id
    and pending.emitter_id = known.workflow_id and pending.event_id = known.pending_event_id)
  and not exists (select from deliveries where deliveries.org_id = known.org_id and deliveries.listener_id = known.workflow_id
    and deliveries.channel = '$resume')`;

// $1: up to when, of workflows without a rule of their own; or else $2 and $3: of which workflow.
const deleteEnded = (which: string): string => `
with gone as (
  delete from workflow_runs where (org_id, workflow_id, run_id) in (
    select org_id, workflow_id, run_id from workflow_runs as run where ended_at_ms < $1 and ${which} limit ${BATCH})
  returning org_id, run_id),
gone_callbacks as (
  delete from workflow_callbacks using gone
  where workflow_callbacks.org_id = gone.org_id and workflow_callbacks.run_id = gone.run_id),
gone_steps as (
  delete from workflow_steps using gone
  where workflow_steps.org_id = gone.org_id and workflow_steps.run_id = gone.run_id)
select count(*) as count from gone`;
const RULES = `
select workflow.org_id, workflow_id, (definition::jsonb #>> '{settings,retainMs}')::bigint as retain_ms
from workflows as workflow join workflow_versions as version using (org_id, workflow_id, deployment_id)
where definition::jsonb #>> '{settings,retainMs}' is not null`;
const OF_ONE = "org_id = $2 and workflow_id = $3";
const OF_OTHERS = `not exists (
  select from (${RULES}) as rule where rule.org_id = run.org_id and rule.workflow_id = run.workflow_id)`;

/** What keeps the records of runs in order. */
export function runChores(options: RunChoresOptions): RunChore[] {
  const { db } = options;
  return [
    { name: "stranded runs", everyMs: 10 * MINUTE_MS, run: (nowMs) => db.query(END_STRANDED, [nowMs]) },
    { name: "runs that are not kept", everyMs: FORGET_EVERY_MS, run: () => forgetUnstoredRuns(db) },
    { name: "retention of runs", everyMs: 10 * MINUTE_MS, run: (nowMs) => deleteEndedRuns(options, nowMs) },
  ];
}

/** Deletes ended runs past their workflow's retention, or else the instance's, in batches. */
async function deleteEndedRuns({ db, retentionMs }: RunChoresOptions, nowMs: number): Promise<void> {
  const { rows } = await db.query<{ org_id: string; workflow_id: string; retain_ms: number }>(RULES);
  for (const { org_id: orgId, workflow_id: workflowId, retain_ms: retainMs } of rows) {
    await inBatches(db, { sql: deleteEnded(OF_ONE), values: [nowMs - retainMs, orgId, workflowId] });
  }
  await inBatches(db, { sql: deleteEnded(OF_OTHERS), values: [nowMs - retentionMs] });
}

async function inBatches(db: Database, { sql, values }: { sql: string; values: unknown[] }): Promise<void> {
  for (let deleted = BATCH; deleted === BATCH;) {
    const { rows } = await db.query<{ count: number }>(sql, values);
    deleted = rows[0]?.count ?? 0;
  }
}
