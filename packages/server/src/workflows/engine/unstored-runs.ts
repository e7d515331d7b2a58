import type { Database } from "../../db/index.ts";
import { UNSTORED_STATE } from "./run-state.ts";

const BATCH = 200;

const FORGET = `
with gone as (
  delete from workflow_runs where (org_id, workflow_id, run_id) in (
    select org_id, workflow_id, run_id from workflow_runs as run
    where ended_at_ms is not null and state is not null and state = '${UNSTORED_STATE}'
      and not exists (select from deliveries as owed join events as event using (org_id, emitter_id, channel, event_id)
        where owed.org_id = run.org_id and owed.listener_id = run.workflow_id and owed.emitter_id = run.workflow_id
          and owed.channel = '$sends' and starts_with(event.payload, '{"run_id":"' || run.run_id || '"'))
    limit ${BATCH})
  returning *),
gone_steps as (
  delete from workflow_steps as step using gone where step.org_id = gone.org_id and step.run_id = gone.run_id),
gone_callbacks as (
  delete from workflow_callbacks as call using gone where call.org_id = gone.org_id and call.run_id = gone.run_id),
gone_triggers as (
  delete from events as event using gone where event.org_id = gone.org_id and event.emitter_id = gone.trigger_emitter_id
    and event.channel = gone.trigger_channel and event.event_id = gone.trigger_event_id),
gone_own as (
  delete from events as event using gone where event.org_id = gone.org_id and event.emitter_id = gone.workflow_id
    and event.channel in ('$resume', '$sends') and starts_with(event.payload, '{"run_id":"' || gone.run_id || '"'))
select count(*) as count from gone`;

/**
 * A chore: deletes ended runs whose callers asked for it (`x-pd-nostore`), with their steps and events. Until they end they
 * have to be written down like all others, or a crash would lose them; what they send is delivered first.
 */
export async function forgetUnstoredRuns(db: Database): Promise<void> {
  for (let count = BATCH; count === BATCH;) {
    const { rows } = await db.query<{ count: number }>(FORGET);
    count = rows[0]?.count ?? 0;
  }
}
