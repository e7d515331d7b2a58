import type pg from "pg";
import type { Database } from "../db/index.ts";

const RELEASE_OWN = `
update deliveries set node_id = null, epoch = null
where node_id = $1 and not (epoch = $2 and delivery_id = any($3::bigint[]))`;

// Ordered and skipping what its owner is just completing: two lists of locks taken in different orders would dead-lock.
const RELEASE_LOST = `
with lost as (
  select delivery_id from deliveries where node_id = any($1::text[]) order by delivery_id limit 10000 for update skip locked)
update deliveries set node_id = null, epoch = null from lost where deliveries.delivery_id = lost.delivery_id`;

/** Gives back what the database thinks this node holds but the process does not. Returns how many. */
export async function releaseOwn(
  client: pg.ClientBase,
  options: { nodeId: string; epoch: number; heldDeliveryIds: readonly number[] },
): Promise<number> {
  const { rowCount } = await client.query(RELEASE_OWN, [options.nodeId, options.epoch, options.heldDeliveryIds]);
  return rowCount ?? 0;
}

/** Takes the deliveries of lost nodes away from them: whoever has room claims them. Returns how many. */
export async function releaseLost(db: Database, nodeIds: readonly string[]): Promise<number> {
  if (nodeIds.length === 0) return 0;
  const { rowCount } = await db.query(RELEASE_LOST, [nodeIds]);
  return rowCount ?? 0;
}
