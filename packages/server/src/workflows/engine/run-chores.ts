import type { Database } from "../../db/index.ts";
import type { CallbackCalls } from "./callback-calls.ts";
import type { WorkflowDefinitions } from "./ports.ts";

export interface RunChoresOptions {
  db: Database;
  definitions: WorkflowDefinitions;
  callbacks: CallbackCalls;
  /** For workflows that say nothing else. */
  retentionMs: number;
}

interface RunChore {
  name: string;
  everyMs: number;
  run(nowMs: number): Promise<unknown>;
}

const MINUTE_MS = 60_000;
const CALLBACKS_EVERY_MS = 3_000;
const BATCH = 1_000;

// A run ends together with its delivery or its pending emit; one that has neither lost it to somebody who deleted events.
const END_STRANDED = `
update workflow_runs as run
set status = 'error', ended_at_ms = $1, state = null, delivery_id = null, pending_event_id = null,
  error = '{"code":"INTERRUPTED","name":"Error","message":"The event that the run worked on was deleted"}'
where ended_at_ms is null
  and not exists (select from deliveries where deliveries.delivery_id = run.delivery_id)
  and not exists (select from scheduled_emits as pending where pending.org_id = run.org_id
    and pending.emitter_id = run.workflow_id and pending.event_id = run.pending_event_id)
  and not exists (select from deliveries where deliveries.org_id = run.org_id and deliveries.listener_id = run.workflow_id
    and deliveries.channel = '$resume')`;

const DELETE_ENDED = `
with gone as (
  delete from workflow_runs where (org_id, workflow_id, run_id) in (
    select org_id, workflow_id, run_id from workflow_runs
    where org_id = $1 and workflow_id = $2 and ended_at_ms < $3 limit ${BATCH})
  returning org_id, run_id),
gone_callbacks as (
  delete from workflow_callbacks using gone
  where workflow_callbacks.org_id = gone.org_id and workflow_callbacks.run_id = gone.run_id),
gone_steps as (
  delete from workflow_steps using gone
  where workflow_steps.org_id = gone.org_id and workflow_steps.run_id = gone.run_id)
select count(*) as count from gone`;

/** What keeps the records of runs in order. */
export function runChores(options: RunChoresOptions): RunChore[] {
  const { db, callbacks } = options;
  return [
    { name: "calls of resume URLs", everyMs: CALLBACKS_EVERY_MS, run: (nowMs) => callbacks.tick(nowMs) },
    { name: "stranded runs", everyMs: 10 * MINUTE_MS, run: (nowMs) => db.query(END_STRANDED, [nowMs]) },
    { name: "retention of runs", everyMs: 10 * MINUTE_MS, run: (nowMs) => deleteEndedRuns(options, nowMs) },
  ];
}

/** Deletes ended runs past their workflow's retention, in batches. */
async function deleteEndedRuns(options: RunChoresOptions, nowMs: number): Promise<void> {
  const { rows } = await options.db.query<{ org_id: string; workflow_id: string }>(
    "select distinct org_id, workflow_id from workflow_runs where ended_at_ms is not null",
  );
  for (const { org_id: orgId, workflow_id: workflowId } of rows) {
    const untilMs = nowMs - (await retentionOf(options, { orgId, workflowId }));
    for (let deleted = BATCH; deleted === BATCH;) {
      const reply = await options.db.query<{ count: number }>(DELETE_ENDED, [orgId, workflowId, untilMs]);
      deleted = reply.rows[0]?.count ?? 0;
    }
  }
}

async function retentionOf(
  { definitions, retentionMs }: RunChoresOptions,
  of: { orgId: string; workflowId: string },
): Promise<number> {
  const current = await definitions.current(of);
  const version = current && (await definitions.loadVersion(of.orgId, current.deploymentId));
  return version?.settings.retainMs ?? retentionMs;
}
