import type pg from "pg";
import type { Database } from "../db/index.ts";

const RELEASE_OWN = `
update deliveries set node_id = null, epoch = null
where node_id = $1 and not (epoch = $2 and delivery_id = any($3::bigint[]))`;

// Looks at the nodes again, for one of them may have come back. Skips what its owner is just completing.
const RELEASE_LOST = `
with lost as (
  select delivery_id from deliveries join nodes using (node_id)
  where node_id = any($1::text[]) and (nodes.stopped_at_ms is not null
    or nodes.heartbeat_at_ms < (extract(epoch from clock_timestamp()) * 1000)::bigint - $2::bigint)
  order by delivery_id limit 10000 for update of deliveries skip locked)
update deliveries set node_id = null, epoch = null from lost where deliveries.delivery_id = lost.delivery_id`;

/** Gives back what the database thinks this node holds but the process does not. Returns how many. */
export async function releaseOwn(
  client: pg.ClientBase,
  options: { nodeId: string; epoch: number; heldDeliveryIds: readonly number[] },
): Promise<number> {
  const { rowCount } = await client.query(RELEASE_OWN, [options.nodeId, options.epoch, options.heldDeliveryIds]);
  return rowCount ?? 0;
}

/** Takes the deliveries of nodes that are still lost away from them: whoever has room claims them. Returns how many. */
export async function releaseLost(
  db: Database,
  lost: { nodeIds: readonly string[]; lostAfterMs: number },
): Promise<number> {
  if (lost.nodeIds.length === 0) return 0;
  const { rowCount } = await db.query(RELEASE_LOST, [lost.nodeIds, lost.lostAfterMs]);
  return rowCount ?? 0;
}

/** Gives back everything that this node still holds, as the last thing before it stops. Returns how many. */
export function releaseAll(client: pg.ClientBase, node: { nodeId: string; epoch: number }): Promise<number> {
  return releaseOwn(client, { nodeId: node.nodeId, epoch: node.epoch, heldDeliveryIds: [] });
}
