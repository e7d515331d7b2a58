import type pg from "pg";
import type { QueueOf } from "./queue-levels.ts";

export const DEFAULT_QUEUE_SIZE = 10_000;

/** Beyond its size by so much a queue is not counted. */
const COUNTED_BEYOND = 10_000;

const COUNT = `
select asked.org_id, asked.listener_id, coalesce(lane.queue_size, ${DEFAULT_QUEUE_SIZE}) as size,
  (select count(*)::int from (select from deliveries where deliveries.org_id = asked.org_id
    and deliveries.listener_id = asked.listener_id and node_id is null and not in_lane
    limit coalesce(lane.queue_size, ${DEFAULT_QUEUE_SIZE}) + ${COUNTED_BEYOND}) as direct)
  + (select count(*)::int from (select from deliveries where deliveries.org_id = asked.org_id
    and deliveries.listener_id = asked.listener_id and node_id is null and in_lane
    limit coalesce(lane.queue_size, ${DEFAULT_QUEUE_SIZE}) + ${COUNTED_BEYOND}) as laned) as waiting
from unnest($1::text[], $2::text[]) as asked (org_id, listener_id)
left join lanes as lane on lane.workflow_id = asked.listener_id`;

const FIND = `
select distinct org_id, listener_id from deliveries where node_id is null and starts_with(listener_id, 'p_')`;

interface CountRow {
  org_id: string;
  listener_id: string;
  size: number;
  waiting: number;
}

/** Counts what waits in queues; on the node's session, so that nothing of this node comes in between. */
export async function countQueues(
  client: pg.ClientBase,
  queues: readonly Pick<QueueOf, "orgId" | "listenerId">[],
): Promise<(QueueOf & { waiting: number })[]> {
  const { rows } = await client.query<CountRow>(COUNT, [
    queues.map(({ orgId }) => orgId),
    queues.map(({ listenerId }) => listenerId),
  ]);
  return rows.map(({ org_id: orgId, listener_id: listenerId, size, waiting }) => ({
    orgId,
    listenerId,
    size,
    waiting,
  }));
}

/** All workflows for which something waits. */
export async function findQueues(client: pg.ClientBase): Promise<Pick<QueueOf, "orgId" | "listenerId">[]> {
  const { rows } = await client.query<{ org_id: string; listener_id: string }>(FIND);
  return rows.map(({ org_id: orgId, listener_id: listenerId }) => ({ orgId, listenerId }));
}
