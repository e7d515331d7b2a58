import type pg from "pg";
import { randomBase62 } from "../core/index.ts";
import type { ClaimedDelivery } from "./claimed-delivery.ts";
import { takeClaimedRows, type ClaimedRow } from "./claimed-rows.ts";

export interface ClaimRequest {
  nodeId: string;
  epoch: number;
  nowMs: number;
  /** At most so many: the free slots. */
  limit: number;
  /** Prefixes of the listeners that this node can work for. */
  prefixes: readonly string[];
  /** At most so many of one listener. */
  perListener: number;
  /** Listeners that get fewer, or none. */
  roomLeft: Iterable<readonly [listenerId: string, room: number]>;
}

export interface ClaimReply {
  claimed: ClaimedDelivery[];
  /** Something was found: look again, there may be more. */
  hasMore: boolean;
  /** Due deliveries were left because their listeners have no room. */
  isHeldBack: boolean;
}

const OLDEST_LOOKED_AT = 256;
const WORKSPACES_PER_ROUND = 16;
const LISTENERS_PER_WORKSPACE = 16;

// Two views of what is due. The oldest rows: enough unless a listener has a backlog. And a walk from index entry to
// index entry over workspaces and their listeners, each from a random start, so that no backlog hides the others; a
// plain window over 200,000 waiting rows of one listener took 9 ms and found nobody else. Turns are dealt by workspace
// first, then by listener. SKIP LOCKED: nodes that claim at once take different rows. Lanes have rules of their own.
const CLAIM_DUE = `
with recursive room as materialized (
  select * from unnest($6::text[], $7::int[]) as room (listener_id, room)),
org_walk (org_id, step) as (
  select start, 0 from unnest(array[$8::text, '']) as start
  union all
  select (select next.org_id from deliveries as next
    where next.node_id is null and not next.in_lane and next.org_id > org_walk.org_id order by next.org_id limit 1), step + 1
  from org_walk where org_walk.org_id is not null and step < ${WORKSPACES_PER_ROUND}),
orgs as (select distinct org_id from org_walk where org_id is not null and step > 0),
walked as (
  select distinct orgs.org_id, listener_id from orgs cross join lateral (
    with recursive listener_walk (listener_id, step) as (
      select start, 0 from unnest(array[$9::text, '']) as start
      union all
      select (select next.listener_id from deliveries as next
        where next.node_id is null and not next.in_lane and next.org_id = orgs.org_id and next.listener_id > listener_walk.listener_id
        order by next.listener_id limit 1), step + 1
      from listener_walk where listener_walk.listener_id is not null and step < ${LISTENERS_PER_WORKSPACE})
    select listener_id from listener_walk where listener_id is not null and step > 0) as walk),
oldest as (
  select delivery_id, org_id, listener_id, due_at_ms from deliveries
  where node_id is null and not in_lane and due_at_ms <= $3 order by due_at_ms limit ${OLDEST_LOOKED_AT}),
found as (
  select delivery_id, org_id, listener_id, due_at_ms from oldest
  union
  select due.delivery_id, org_id, listener_id, due.due_at_ms
  from walked left join room using (listener_id) cross join lateral (
    select delivery_id, due_at_ms from deliveries
    where node_id is null and not in_lane and org_id = walked.org_id and listener_id = walked.listener_id and due_at_ms <= $3
    order by due_at_ms limit least(coalesce(room.room, $5), $4) + 1) as due),
in_listener as (
  select delivery_id, org_id, listener_id, row_number() over (partition by listener_id order by due_at_ms, delivery_id) as place
  from found where left(listener_id, strpos(listener_id, '_')) = any($10::text[])),
in_workspace as (
  select delivery_id, row_number() over (partition by org_id order by place, delivery_id) as turn
  from in_listener left join room using (listener_id) where place <= coalesce(room.room, $5)),
locked as materialized (
  select delivery_id from deliveries
  where delivery_id in (select delivery_id from in_workspace order by turn limit $4) and node_id is null and not in_lane
  for update skip locked),
claimed as (
  update deliveries set node_id = $1, epoch = $2 where delivery_id in (select delivery_id from locked) and node_id is null
  returning *)
select exists (select from in_listener left join room using (listener_id) where place > coalesce(room.room, $5)) as is_held_back,
  taken.*
from (select) as always left join (
  select claimed.*, event.emit_id, event.payload, event.metadata
  from claimed left join events as event using (org_id, emitter_id, channel, event_id)) as taken on true
order by delivery_id`;

type FoundRow = { is_held_back: boolean } & (ClaimedRow | { delivery_id: null });

/**
 * Claims deliveries that are due, fairly. Deliveries whose event was deleted meanwhile are dropped.
 * Runs on the node's session, so that no answer can be lost unnoticed.
 */
export async function claimDue(client: pg.ClientBase, request: ClaimRequest): Promise<ClaimReply> {
  const room = [...request.roomLeft];
  const prefix = request.prefixes[Math.floor(Math.random() * request.prefixes.length)] ?? "";
  const { rows } = await client.query<FoundRow>({
    name: "claim_due",
    text: CLAIM_DUE,
    values: [
      request.nodeId,
      request.epoch,
      request.nowMs,
      request.limit,
      request.perListener,
      room.map(([listenerId]) => listenerId),
      room.map(([, left]) => left),
      `o_${randomBase62(2)}`,
      `${prefix}${randomBase62(2)}`,
      request.prefixes,
    ],
  });
  const taken = rows.filter((row) => row.delivery_id !== null);
  const claimed = await takeClaimedRows(client, taken, request);
  return { claimed, hasMore: taken.length > 0, isHeldBack: rows[0]?.is_held_back ?? false };
}
