import { sql, type Kysely } from "kysely";
import type { Database, NodeEpoch, Schema } from "../../db/index.ts";
import { IMPORT_COLUMNS, importOf, type ImportRecord, type ImportRow, type ImportState } from "./import-record.ts";

const LOST_AFTER_MS = 10_000;

/** Somebody else works on the import now, or it was removed. */
export class ClaimLostError extends Error {
  override name = "ClaimLostError";
}

/** An import that this node works on. */
export interface ClaimedImport {
  readonly record: ImportRecord;
  readonly node: NodeEpoch;
}

/** Takes the oldest import that waits, or whose node is gone; null when there is none. */
export async function claimImport(db: Database, node: NodeEpoch): Promise<ClaimedImport | null> {
  const { rows } = await sql<ImportRow>`update registry_imports set state = 'running', node_id = ${node.nodeId},
      epoch = ${node.epoch}, updated_at_ms = ${Date.now()}
    where import_id = (select import_id from registry_imports open where state = 'queued' or (state = 'running' and
        not exists (select from nodes where nodes.node_id = open.node_id and nodes.epoch = open.epoch
          and stopped_at_ms is null
          and heartbeat_at_ms > (extract(epoch from clock_timestamp()) * 1000)::bigint - ${LOST_AFTER_MS}::bigint))
      order by created_at_ms limit 1 for update skip locked)
    returning ${IMPORT_COLUMNS}`.execute(db.kysely);
  return rows[0] ? { record: importOf(rows[0]), node } : null;
}

/** Within a transaction: nobody can take the import before it ends. @throws ClaimLostError */
export async function holdClaim(trx: Kysely<Schema>, { record, node }: ClaimedImport): Promise<void> {
  const { rows } = await sql`select from registry_imports where org_id = ${record.orgId}
    and import_id = ${record.importId} and state = 'running' and node_id = ${node.nodeId} and epoch = ${node.epoch}
    for update`.execute(trx);
  if (rows.length === 0) throw new ClaimLostError(`The import ${record.importId} is not this node's any more`);
}

/** Writes facts about a claimed import. @throws ClaimLostError */
export async function noteImport(
  db: Database,
  claim: ClaimedImport,
  facts: { resolved?: string; total?: number; state?: ImportState; error?: string },
): Promise<void> {
  await db.transaction(async (trx) => {
    await holdClaim(trx, claim);
    const isOver = facts.state === "done" || facts.state === "failed";
    const nowMs = Date.now();
    const values = { ...facts, updated_at_ms: nowMs, ...(isOver && { ended_at_ms: nowMs }) };
    const { orgId, importId } = claim.record;
    await trx
      .updateTable("registry_imports")
      .set(values)
      .where("org_id", "=", orgId)
      .where("import_id", "=", importId)
      .execute();
    if (!isOver) return;
    await trx
      .deleteFrom("registry_import_files")
      .where("org_id", "=", orgId)
      .where("import_id", "=", importId)
      .execute();
  });
}
