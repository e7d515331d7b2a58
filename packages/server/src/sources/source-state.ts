import type { Kysely } from "kysely";
import { ApiError } from "../core/index.ts";
import type { Schema } from "../db/index.ts";
import type { InterfaceOwner } from "./interface-rows.ts";
import type { SourceState } from "./loaded-source.ts";
import type { SourceParts } from "./source-parts.ts";
import type { SourceRow } from "./source-rows.ts";

/** The legal moves of a source's state, and who makes them. `ARCHITECTURE.md` shows the same table. */
const SOURCE_MOVES: Readonly<Record<SourceState, readonly (SourceState | "deleted")[]>> = {
  // create: hooks run; a failure or a crash removes it
  deploying: ["active", "deleted"],
  // update and delete
  active: ["updating"],
  inactive: ["updating"],
  // the end of an update or a delete; a failure or a crash leads back
  updating: ["active", "inactive", "deleted"],
};

function statesBefore(state: SourceState): SourceState[] {
  const states: SourceState[] = ["deploying", "active", "inactive", "updating"];
  return states.filter((from) => SOURCE_MOVES[from].includes(state));
}

/**
 * Takes a source for an update or a delete, as it was read; only one caller on all nodes can have it.
 * @throws ApiError 409 when someone else has it, or has changed it since
 */
export async function takeForUpdate(trx: Kysely<Schema>, row: SourceRow, node: SourceParts["node"]): Promise<void> {
  const taken = await trx
    .updateTable("sources")
    .set({
      state: "updating",
      was_active: row.state === "active",
      deploying_node_id: node.nodeId,
      deploying_epoch: node.epoch,
    })
    .where("org_id", "=", row.org_id)
    .where("source_id", "=", row.source_id)
    .where("state", "=", row.state)
    .where("state", "in", statesBefore("updating"))
    .where("deployment_id", "=", row.deployment_id)
    .executeTakeFirst();
  if (taken.numUpdatedRows === 0n) {
    throw new ApiError("conflict", `Source ${row.source_id} is being changed by someone else; try again`);
  }
}

/** Ends a deploy or an update. @throws ApiError 409 when the source is no longer in work */
export async function settleState(
  trx: Kysely<Schema>,
  move: { owner: InterfaceOwner; from: "deploying" | "updating"; to: "active" | "inactive"; nowMs: number },
): Promise<void> {
  const { owner, from, to, nowMs } = move;
  const settled = await trx
    .updateTable("sources")
    .set({ state: to, deploying_node_id: null, deploying_epoch: null, updated_at_ms: nowMs })
    .where("org_id", "=", owner.orgId)
    .where("source_id", "=", owner.sourceId)
    .where("state", "=", from)
    .executeTakeFirst();
  if (settled.numUpdatedRows === 0n)
    throw new ApiError("conflict", `Source ${owner.sourceId} was changed by someone else`);
}
