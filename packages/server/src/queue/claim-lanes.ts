import type pg from "pg";
import { decideLane, type LaneDecision } from "../core/index.ts";
import type { Database } from "../db/index.ts";
import type { ClaimedDelivery } from "./claimed-delivery.ts";
import { takeClaimedRows, type ClaimedRow } from "./claimed-rows.ts";
import type { NodeSession } from "./node-session.ts";

/** Topic on which nodes are told that a lane's limits have changed. */
export const LANES_TOPIC = "lanes";

export interface LaneRequest {
  readonly workflowId: string;
  /** At most so many: the free slots. */
  readonly room: number;
}

export interface LaneReply {
  readonly workflowId: string;
  readonly claimed: readonly ClaimedDelivery[];
  /** Another node was just claiming: look again at once. */
  readonly isContended: boolean;
  /** Of the node's clock. Null: an end or an arrival says when to look again. */
  readonly lookAgainAtMs: number | null;
  /** Something is left. */
  readonly isWaiting: boolean;
  /** More would have started if there had been room. */
  readonly lacksRoom: boolean;
}

interface LaneRow {
  workflow_id: string;
  turn: number;
  concurrency: number | null;
  throttle_limit: number | null;
  throttle_interval_ms: number | null;
  window_began_at_ms: number;
  window_starts: number;
  now_ms: number;
  room: number;
  running: number;
  delivery_ids: number[] | null;
  due_at_ms: number[] | null;
}

// What is known when a lane is looked at belongs to one snapshot, its turn included. The clock is the database's: windows
// must not depend on which node looks.
const LOOK = `
select lane.workflow_id, turn, concurrency, throttle_limit, throttle_interval_ms, window_began_at_ms, window_starts, asked.room,
  (extract(epoch from clock_timestamp()) * 1000)::bigint as now_ms,
  (select count(*)::int from deliveries where deliveries.org_id = lane.org_id and listener_id = lane.workflow_id
    and in_lane and node_id is not null) as running,
  head.delivery_ids, head.due_at_ms
from unnest($1::text[], $2::int[]) as asked (workflow_id, room)
join lanes as lane using (workflow_id)
cross join lateral (
  select array_agg(delivery_id order by event_id, delivery_id) as delivery_ids,
    array_agg(due_at_ms order by event_id, delivery_id) as due_at_ms
  from (
    select delivery_id, event_id, due_at_ms from deliveries
    where deliveries.org_id = lane.org_id and listener_id = lane.workflow_id and in_lane and node_id is null
      and (lane.concurrency = 1 or due_at_ms <= (extract(epoch from clock_timestamp()) * 1000)::bigint)
    order by event_id, delivery_id limit asked.room + 1) as first) as head`;

// A lane that somebody else claimed from, or whose settings changed, since it was looked at has had another turn.
const CLAIM = `
with asked as (
  select * from unnest($3::text[], $4::bigint[], $5::bigint[], $6::int[]) as asked (workflow_id, turn, began_at_ms, starts)),
locked as materialized (
  select lane.workflow_id, asked.began_at_ms, asked.starts from lanes as lane join asked using (workflow_id)
  where lane.turn = asked.turn order by lane.workflow_id for update of lane skip locked),
taken as (
  update lanes set turn = lanes.turn + 1, window_began_at_ms = locked.began_at_ms, window_starts = locked.starts
  from locked where lanes.workflow_id = locked.workflow_id returning lanes.workflow_id),
claimed as (
  update deliveries set node_id = $1, epoch = $2
  where delivery_id = any($7::bigint[]) and node_id is null and in_lane and listener_id in (select workflow_id from taken)
  returning *)
select claimed.*, event.emit_id, event.payload, event.metadata
from claimed left join events as event using (org_id, emitter_id, channel, event_id)
order by event_id, delivery_id`;

const WAITING = `
select lane.workflow_id from lanes as lane where exists (
  select from deliveries where deliveries.org_id = lane.org_id and listener_id = lane.workflow_id and in_lane and node_id is null)`;

/** The lanes in which something waits. */
export async function findWaitingLanes(db: Database): Promise<string[]> {
  const { rows } = await db.query<{ workflow_id: string }>(WAITING);
  return rows.map((row) => row.workflow_id);
}

/**
 * Claims from lanes what their limits allow, in the order of events. Of nodes that try at once one gets its turn; who
 * holds deliveries of a lane with one worker holds the lane.
 */
export async function claimLanes(
  { db, session }: { db: Database; session: NodeSession },
  requests: readonly LaneRequest[],
  onClaimed: (claimed: readonly ClaimedDelivery[]) => void,
): Promise<LaneReply[]> {
  const { rows } = await db.query<LaneRow>(LOOK, [
    requests.map(({ workflowId }) => workflowId),
    requests.map(({ room }) => room),
  ]);
  const looked = rows.map((row) => ({ row, decision: decide(row) }));
  const starting = looked.filter(({ decision }) => decision.starting.length > 0);
  if (starting.length === 0) return looked.map((one) => replyOf(one, []));
  return session.run(async (client) => {
    const claimed = await claim(client, starting, session);
    onClaimed(claimed);
    const byLane = Map.groupBy(claimed, ({ listenerId }) => listenerId);
    return looked.map((one) => replyOf(one, byLane.get(one.row.workflow_id) ?? []));
  });
}

interface Looked {
  readonly row: LaneRow;
  readonly decision: LaneDecision;
}

function decide(row: LaneRow): LaneDecision {
  const { throttle_limit: limit, throttle_interval_ms: intervalMs } = row;
  return decideLane({
    limits: {
      concurrency: row.concurrency,
      throttle: limit === null || intervalMs === null ? null : { limit, intervalMs },
    },
    window: { beganAtMs: row.window_began_at_ms, starts: row.window_starts },
    running: row.running,
    waitingDueAtMs: row.due_at_ms ?? [],
    room: row.room,
    nowMs: row.now_ms,
  });
}

async function claim(
  client: pg.ClientBase,
  starting: readonly Looked[],
  node: { nodeId: string; epoch: number },
): Promise<ClaimedDelivery[]> {
  const { rows } = await client.query<ClaimedRow>({
    name: "claim_lanes",
    text: CLAIM,
    values: [
      node.nodeId,
      node.epoch,
      starting.map(({ row }) => row.workflow_id),
      starting.map(({ row }) => row.turn),
      starting.map(({ decision }) => decision.window.beganAtMs),
      starting.map(({ decision }) => decision.window.starts),
      starting.flatMap(({ row, decision }) => decision.starting.map((place) => row.delivery_ids?.[place] ?? 0)),
    ],
  });
  return takeClaimedRows(client, rows, node);
}

function replyOf({ row, decision }: Looked, claimed: readonly ClaimedDelivery[]): LaneReply {
  const { lookAgainAtMs } = decision;
  return {
    workflowId: row.workflow_id,
    claimed,
    isContended: decision.starting.length > 0 && claimed.length === 0,
    lookAgainAtMs: lookAgainAtMs === null ? null : lookAgainAtMs - row.now_ms + Date.now(),
    isWaiting: (row.delivery_ids?.length ?? 0) > claimed.length,
    lacksRoom: decision.lacksRoom,
  };
}
