import type { Database } from "../db/index.ts";

/** Another node of the database, as far as sharing work goes. */
export interface OtherNode {
  nodeId: string;
  isStopped: boolean;
  isWorker: boolean;
  holdsWork: boolean;
}

/** All nodes but this one that are not known to have stopped with nothing left. */
export async function listOtherNodes(db: Database, nodeId: string): Promise<OtherNode[]> {
  const { rows } = await db.query<OtherNode>(
    `select * from (
       select node_id as "nodeId", stopped_at_ms is not null as "isStopped", 'worker' = any(roles) as "isWorker",
         exists (select from deliveries where deliveries.node_id = nodes.node_id) as "holdsWork"
       from nodes where node_id <> $1) as others
     where not "isStopped" or "holdsWork"`,
    [nodeId],
  );
  return rows;
}
