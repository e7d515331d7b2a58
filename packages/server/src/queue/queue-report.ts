import type { Database } from "../db/index.ts";

/** What waits and what is in work over all nodes; counts stop at `COUNTED_TO`. */
export interface QueueReport {
  /** Could be worked on now. */
  readonly due: number;
  /** Wait for a later time: retries and delays. */
  readonly later: number;
  /** Wait for their turn in the lane of a workflow. */
  readonly inLanes: number;
  /** A node holds them. */
  readonly inWork: number;
  /** How long the oldest that could be worked on has waited; null: nothing waits. */
  readonly oldestWaitMs: number | null;
}

/** Beyond it nothing is counted, so that asking stays cheap when much waits. */
const COUNTED_TO = 100_000;

const REPORT = `
with clock as (select (extract(epoch from clock_timestamp()) * 1000)::bigint as now_ms)
select
  (select count(*)::int from (select from deliveries, clock
    where node_id is null and not in_lane and due_at_ms <= now_ms limit ${COUNTED_TO}) as counted) as due,
  (select count(*)::int from (select from deliveries, clock
    where node_id is null and not in_lane and due_at_ms > now_ms limit ${COUNTED_TO}) as counted) as later,
  (select count(*)::int from (select from deliveries
    where node_id is null and in_lane limit ${COUNTED_TO}) as counted) as in_lanes,
  (select count(*)::int from (select from deliveries
    where node_id is not null limit ${COUNTED_TO}) as counted) as in_work,
  greatest(
    (select now_ms - due_at_ms from deliveries, clock
      where node_id is null and not in_lane and due_at_ms <= now_ms order by due_at_ms limit 1),
    (select max(now_ms - created_at_ms) from (select created_at_ms from deliveries
      where node_id is null and in_lane limit ${COUNTED_TO}) as laned, clock)
  )::bigint as oldest_wait_ms`;

interface Row {
  due: number;
  later: number;
  in_lanes: number;
  in_work: number;
  oldest_wait_ms: number | null;
}

/** Looks at the queue of the whole instance. @throws ApiError `unavailable` */
export async function reportQueue(db: Database): Promise<QueueReport> {
  const { rows } = await db.query<Row>(REPORT);
  const [row] = rows;
  return {
    due: row?.due ?? 0,
    later: row?.later ?? 0,
    inLanes: row?.in_lanes ?? 0,
    inWork: row?.in_work ?? 0,
    oldestWaitMs: row?.oldest_wait_ms ?? null,
  };
}
