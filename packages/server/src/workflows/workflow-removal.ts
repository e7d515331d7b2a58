import type { Database } from "../db/index.ts";
import { removeEmitter } from "../events/index.ts";
import { announce, readTriggerRows, removeTriggers, type TriggerOwner, type TriggerRow } from "./trigger-rows.ts";
import type { WorkflowParts } from "./workflow-parts.ts";
import { announceWorkflow, findWorkflow } from "./workflow-rows.ts";

const RUNS_PER_ROUND = 500;
const REMOVE_RUNS = `
with gone as (
  delete from workflow_runs where org_id = $1 and workflow_id = $2 and run_id in (
    select run_id from workflow_runs where org_id = $1 and workflow_id = $2 limit ${RUNS_PER_ROUND})
  returning org_id, run_id),
gone_steps as (
  delete from workflow_steps using gone
  where workflow_steps.org_id = gone.org_id and workflow_steps.run_id = gone.run_id)
select count(*) as count from gone`;

/** Removes workflows with everything that belongs to them. */
export class WorkflowRemoval {
  readonly #parts: WorkflowParts;

  constructor(parts: WorkflowParts) {
    this.#parts = parts;
  }

  /**
   * Its own sources go first, then all rows at once, then runs and events in portions. Runs in flight find their
   * delivery gone, and nothing that they do counts any more.
   * @throws ApiError 404
   */
  async delete(orgIds: readonly string[], workflowId: string): Promise<void> {
    const { db, deployment, loader, runner } = this.#parts;
    const row = await findWorkflow(db.kysely, orgIds, workflowId);
    const owner = { orgId: row.org_id, workflowId };
    const triggers = await readTriggerRows(db.kysely, owner);
    for (const { kind, isOwned, id } of triggers) {
      if (kind === "source" && isOwned) await deployment.removeSource(owner.orgId, id);
    }
    await this.#removeRows(owner, triggers);
    loader.forget(owner);
    this.#parts.endpoints.forget(triggers.flatMap(({ kind, key }) => (kind === "http" && key !== null ? [key] : [])));
    runner.retire(`${workflowId}:${row.deployment_id}`);
    await removeRuns(db, owner);
    const emitterIds = triggers.filter(({ kind }) => kind !== "source").map(({ id }) => id);
    for (const emitterId of [workflowId, ...emitterIds]) await removeEmitter(db, { orgId: owner.orgId, emitterId });
  }

  async #removeRows(owner: TriggerOwner, triggers: readonly TriggerRow[]): Promise<void> {
    const { db, endpoints, subscriptions } = this.#parts;
    const { orgId, workflowId } = owner;
    await db.transaction(async (trx) => {
      // Deliveries before timers: the order in which commits lock them.
      await trx.deleteFrom("deliveries").where("org_id", "=", orgId).where("listener_id", "=", workflowId).execute();
      await trx
        .deleteFrom("scheduled_emits")
        .where("org_id", "=", orgId)
        .where("emitter_id", "=", workflowId)
        .execute();
      const writing = { trx, endpoints, subscriptions, nowMs: Date.now() };
      await removeTriggers(writing, owner, triggers);
      await trx
        .deleteFrom("workflow_callbacks")
        .where("org_id", "=", orgId)
        .where("workflow_id", "=", workflowId)
        .execute();
      await trx.deleteFrom("workflows").where("org_id", "=", orgId).where("workflow_id", "=", workflowId).execute();
      await subscriptions.onParticipantDeleted(trx, { orgId, id: workflowId });
      await announce(writing, owner, triggers);
      await announceWorkflow(trx, owner);
    });
  }
}

async function removeRuns(db: Database, { orgId, workflowId }: TriggerOwner): Promise<void> {
  for (;;) {
    const { rows } = await db.query<{ count: number }>(REMOVE_RUNS, [orgId, workflowId]);
    if ((rows[0]?.count ?? 0) < RUNS_PER_ROUND) return;
  }
}
