import type { JsonObject } from "@millrace/runner";
import { newId } from "../core/index.ts";
import type { PlannedDefinition, PlanningBase } from "./definition-planner.ts";
import type { StoredDefinition, StoredTrigger } from "./definition/index.ts";
import { putLane } from "./lane-rows.ts";
import type { PlannedTrigger } from "./trigger-planner.ts";
import { readTriggerRows, switchTriggers, type TriggerOwner, type TriggerRow } from "./trigger-rows.ts";
import type { WorkflowParts } from "./workflow-parts.ts";
import { changeWorkflow, findWorkflow, putVersion, readDefinition, type WorkflowRow } from "./workflow-rows.ts";

/** What is absent stays. */
export interface WorkflowChange {
  readonly active?: boolean | undefined;
  readonly steps?: readonly unknown[] | undefined;
  readonly triggers?: readonly unknown[] | undefined;
  readonly settings?: JsonObject | undefined;
}

interface Deploying {
  readonly row: WorkflowRow;
  readonly triggers: readonly TriggerRow[];
  readonly planned: PlannedDefinition;
  /** New, or of a version that is deployed again. */
  readonly deploymentId: string;
}

/** Changes workflows: new versions, earlier versions, and whether they are active. */
export class WorkflowUpdate {
  readonly #parts: WorkflowParts;

  constructor(parts: WorkflowParts) {
    this.#parts = parts;
  }

  /** @throws ApiError 404, 400 that names every problem, 409 when someone else changed it, 422 for code or hooks that fail */
  async update(orgIds: readonly string[], workflowId: string, change: WorkflowChange): Promise<void> {
    const row = await findWorkflow(this.#parts.db.kysely, orgIds, workflowId);
    if (change.steps ?? change.triggers ?? change.settings) await this.#newVersion(row, change);
    else if (change.active === true && row.pending_deployment_id !== null) {
      await this.#redeploy(row, row.pending_deployment_id);
    }
    const now = await findWorkflow(this.#parts.db.kysely, orgIds, workflowId);
    if (change.active !== undefined && change.active !== now.active) await this.#switch(now, change.active);
  }

  /** Makes an earlier version the one that runs. @throws ApiError 404, 409, 422 for hooks that fail */
  async rollback(orgIds: readonly string[], workflowId: string, deploymentId: string): Promise<void> {
    await this.#redeploy(await findWorkflow(this.#parts.db.kysely, orgIds, workflowId), deploymentId);
  }

  async #newVersion(row: WorkflowRow, change: WorkflowChange): Promise<void> {
    const { steps, triggers, settings } = change;
    const base = await this.#base(row);
    const planned = await this.#parts.planner.plan({ steps, triggers, settings }, base);
    const deploymentId = newId("deployment");
    if (planned.autoDeploy === false) await this.#keepPending(row, { planned, deploymentId });
    else await this.#deploy({ row, triggers: base.triggers, planned, deploymentId });
  }

  async #redeploy(row: WorkflowRow, deploymentId: string): Promise<void> {
    const stored = await readDefinition(this.#parts.db.kysely, row, deploymentId);
    const base = await this.#base(row);
    const planned = await this.#parts.planner.planStored(stored, base);
    await this.#deploy({ row, triggers: base.triggers, planned, deploymentId });
  }

  async #base(row: WorkflowRow): Promise<PlanningBase & { stored: StoredDefinition }> {
    const { kysely } = this.#parts.db;
    const [stored, triggers] = await Promise.all([
      readDefinition(kysely, row, row.deployment_id),
      readTriggerRows(kysely, ownerOf(row)),
    ]);
    return { orgId: row.org_id, stored, triggers };
  }

  async #deploy({ row, triggers: old, planned, deploymentId }: Deploying): Promise<void> {
    const { name, settings } = planned;
    const steps = await planned.saveSteps();
    const owner = ownerOf(row);
    await this.#parts.deployment.deploy({
      ...{ owner, userId: row.user_id, planned: planned.triggers, old, isActive: row.active },
      write: async (trx, triggers) => {
        await changeWorkflow(trx, row, { name, deployment_id: deploymentId, pending_deployment_id: null });
        const definition = { name, settings, steps, triggers };
        await putVersion(trx, owner, { deploymentId, definition, nowMs: Date.now() });
        await putLane(trx, owner, { settings, subscriptions: this.#parts.subscriptions });
      },
    });
    this.#parts.loader.forget(owner);
  }

  /** Saves a version that does not run yet; its sources are deployed with it. */
  async #keepPending(
    row: WorkflowRow,
    { planned, deploymentId }: { planned: PlannedDefinition; deploymentId: string },
  ): Promise<void> {
    const { name, settings } = planned;
    const steps = await planned.saveSteps();
    const triggers: StoredTrigger[] = [];
    for (const one of planned.triggers) triggers.push(await pendingTrigger(one));
    await this.#parts.db.transaction(async (trx) => {
      await changeWorkflow(trx, row, { pending_deployment_id: deploymentId });
      const definition = { name, settings, steps, triggers };
      await putVersion(trx, ownerOf(row), { deploymentId, definition, nowMs: Date.now() });
    });
  }

  /** Sources go first when a workflow stops, and last when it starts: what they emit then is heard. */
  async #switch(row: WorkflowRow, active: boolean): Promise<void> {
    const { deployment } = this.#parts;
    const triggers = await readTriggerRows(this.#parts.db.kysely, ownerOf(row));
    const sourceIds = triggers.filter(({ kind, isOwned }) => kind === "source" && isOwned).map(({ id }) => id);
    await this.#writeActive(row, { triggers, active });
    try {
      for (const sourceId of sourceIds) await deployment.switchSource(row.org_id, { sourceId, active });
    } catch (error) {
      const changed = await findWorkflow(this.#parts.db.kysely, [row.org_id], row.workflow_id);
      await this.#writeActive(changed, { triggers, active: !active });
      throw error;
    }
  }

  async #writeActive(
    row: WorkflowRow,
    { triggers, active }: { triggers: readonly TriggerRow[]; active: boolean },
  ): Promise<void> {
    const { db, endpoints, subscriptions, loader } = this.#parts;
    await db.transaction(async (trx) => {
      await changeWorkflow(trx, row, { active });
      const writing = { trx, endpoints, subscriptions, nowMs: Date.now() };
      await switchTriggers(writing, ownerOf(row), { triggers, isActive: active });
    });
    loader.forget(ownerOf(row));
    endpoints.forget(triggers.flatMap(({ kind, key }) => (kind === "http" && key !== null ? [key] : [])));
  }
}

function ownerOf(row: WorkflowRow): TriggerOwner {
  return { orgId: row.org_id, workflowId: row.workflow_id };
}

/** A source that is still to be deployed has no id. */
async function pendingTrigger(planned: PlannedTrigger): Promise<StoredTrigger> {
  if ("trigger" in planned) return planned.trigger;
  const { deploy } = planned;
  return { kind: "source", id: deploy.sourceId ?? "", key: null, config: await deploy.save() };
}
