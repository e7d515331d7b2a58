import type { Database } from "./database.ts";

/** Before a node's name: the name of the lock that it holds as long as it is connected. */
export const NODE_LOCK_PREFIX = "millrace node ";

const MAX_NODES = 100;

export interface NodeRow {
  node_id: string;
  roles: string[];
  started_at_ms: number;
  heartbeat_at_ms: number;
  /** JSON. */
  info: string;
  connected: boolean;
}

/** The nodes that have not been stopped, newest first. An idle one writes no heartbeats, but holds its lock. */
export async function listNodes(db: Database): Promise<NodeRow[]> {
  const { rows } = await db.query<NodeRow>(
    `select node_id, roles, started_at_ms, heartbeat_at_ms, info, exists (
       select from pg_locks where locktype = 'advisory' and granted and objsubid = 1
         and database = (select oid from pg_database where datname = current_database())
         and (classid::bigint << 32) | objid::bigint = hashtextextended($1 || node_id, 0)) as connected
     from nodes where stopped_at_ms is null order by started_at_ms desc limit ${MAX_NODES}`,
    [NODE_LOCK_PREFIX],
  );
  return rows;
}

/** What PostgreSQL tells of itself and of this instance's database. */
export async function instanceInfo(db: Database): Promise<{ version: string; sizeBytes: number }> {
  const { rows } = await db.query<{ version: string; size_bytes: number }>(
    `select current_setting('server_version') as version, pg_database_size(current_database()) as size_bytes`,
  );
  const [row] = rows;
  return { version: row?.version ?? "unknown", sizeBytes: row?.size_bytes ?? 0 };
}
