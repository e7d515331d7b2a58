/** PostgreSQL: the embedded server, connections, schema, migrations, partitions, hints between nodes and the list of nodes. */
export { Database, notifyWithin, type DatabaseOptions } from "./database.ts";
export { DataDirLock, EmbeddedPostgres, type EmbeddedPostgresOptions } from "./embedded/index.ts";
export { instanceInfo, listNodes, NODE_LOCK_PREFIX, type NodeRow } from "./instance-info.ts";
export { Lane } from "./lane.ts";
export { Leadership, type LeadershipOptions } from "./leadership.ts";
export type { Hint, HintHandler } from "./listener.ts";
export { migrate } from "./migrate.ts";
export { NodeRegistration, type NodeEpoch, type NodeRegistrationOptions } from "./node-registration.ts";
export { dropExpiredPartitions, ensurePartitions, isMissingPartition } from "./partitions.ts";
export type { Schema } from "./schema/index.ts";
export { breaksConnection, isDiskFull, isUnavailable, mapDatabaseError } from "./unavailable.ts";
export { selectPage, type PagedList } from "./select-page.ts";
