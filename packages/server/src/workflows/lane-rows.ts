import { sql, type Kysely } from "kysely";
import { notifyWithin, type Schema } from "../db/index.ts";
import type { Subscriptions } from "../events/index.ts";
import { DEFAULT_QUEUE_SIZE, LANES_TOPIC } from "../queue/index.ts";
import type { WorkflowSettings } from "./definition/index.ts";
import type { TriggerOwner } from "./trigger-rows.ts";

/** What of a workflow's settings is about how its events wait. */
export type LaneSettings = Pick<WorkflowSettings, "concurrency" | "throttle" | "queueSize">;

/**
 * Within the transaction that deploys a version: makes its limits hold, also for the events that wait already. Commits
 * that were prepared by the former limits are made anew.
 */
export async function putLane(
  trx: Kysely<Schema>,
  owner: TriggerOwner,
  { settings, subscriptions }: { settings: LaneSettings; subscriptions: Pick<Subscriptions, "onQueueChanged"> },
): Promise<void> {
  const { orgId, workflowId } = owner;
  const { concurrency, throttle, queueSize } = settings;
  const isLane = concurrency !== null || throttle !== null;
  const isSilent = !isLane && queueSize === DEFAULT_QUEUE_SIZE;
  // The row stays when the limits go: what is in the lane still has to leave it.
  const changed = await sql`
    insert into lanes (org_id, workflow_id, concurrency, throttle_limit, throttle_interval_ms, queue_size)
    select ${orgId}, ${workflowId}, ${concurrency}::integer, ${throttle?.limit ?? null}::integer,
      ${throttle?.intervalMs ?? null}::bigint, ${queueSize}::integer
    where not ${isSilent} or exists (select from lanes where workflow_id = ${workflowId})
    on conflict (workflow_id) do update
    set concurrency = excluded.concurrency, throttle_limit = excluded.throttle_limit,
      throttle_interval_ms = excluded.throttle_interval_ms, queue_size = excluded.queue_size, turn = lanes.turn + 1
    where (lanes.concurrency, lanes.throttle_limit, lanes.throttle_interval_ms, lanes.queue_size)
      is distinct from (excluded.concurrency, excluded.throttle_limit, excluded.throttle_interval_ms, excluded.queue_size)
    returning workflow_id`.execute(trx);
  if (changed.rows.length === 0) return;
  await moveDeliveries(trx, owner, isLane);
  await subscriptions.onQueueChanged(trx, orgId);
  await notifyWithin(trx, { topic: LANES_TOPIC, payload: workflowId });
}

/** What was addressed to the workflow itself is in no lane. Rows that are just being worked off are passed over. */
async function moveDeliveries(
  trx: Kysely<Schema>,
  { orgId, workflowId }: TriggerOwner,
  isLane: boolean,
): Promise<void> {
  await sql`
    update deliveries set in_lane = ${isLane} where delivery_id in (
      select delivery_id from deliveries
      where org_id = ${orgId} and listener_id = ${workflowId} and in_lane <> ${isLane}
        and (channel not like '$%' or channel in ('$errors', '$logs'))
      for update skip locked)`.execute(trx);
}
