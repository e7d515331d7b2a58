import type pg from "pg";

const RELEASE_OWN = `
update deliveries set node_id = null, epoch = null
where node_id = $1 and not (epoch = $2 and delivery_id = any($3::bigint[]))`;

/** Gives back what the database thinks this node holds but the process does not. Returns how many. */
export async function releaseOwn(
  client: pg.ClientBase,
  options: { nodeId: string; epoch: number; heldDeliveryIds: readonly number[] },
): Promise<number> {
  const { rowCount } = await client.query(RELEASE_OWN, [options.nodeId, options.epoch, options.heldDeliveryIds]);
  return rowCount ?? 0;
}
