import type { Json, JsonObject } from "@millrace/runner";
import { newId } from "../core/index.ts";
import type { GivenDefinition, PlannedDefinition } from "./definition-planner.ts";
import { Problems } from "./definition/index.ts";
import { putLane } from "./lane-rows.ts";
import type { TriggerOwner } from "./trigger-rows.ts";
import type { WorkflowParts } from "./workflow-parts.ts";
import { announceWorkflow, putVersion } from "./workflow-rows.ts";

export interface NewWorkflow {
  readonly orgId: string;
  readonly userId: string | null;
  readonly projectId: string | undefined;
  readonly templateId: string | undefined;
  readonly steps: readonly Json[] | undefined;
  readonly triggers: readonly Json[] | undefined;
  readonly settings: JsonObject | undefined;
}

/** Makes new workflows. */
export class WorkflowCreation {
  readonly #parts: WorkflowParts;

  constructor(parts: WorkflowParts) {
    this.#parts = parts;
  }

  /**
   * Plans the whole workflow, deploys its sources, and then writes everything in one transaction.
   * @throws ApiError 404 for a project or template, 400 that names every problem, 422 for code or hooks that fail
   */
  async create(request: NewWorkflow): Promise<TriggerOwner> {
    const { orgId } = request;
    if (request.projectId !== undefined) await this.#parts.projects.find([orgId], request.projectId);
    const problems = new Problems();
    const given = await this.#given(request, problems);
    const planned = await this.#parts.planner.plan(given, { orgId, stored: null, triggers: [] }, problems);
    const owner = { orgId, workflowId: newId("workflow") };
    await this.#deploy(owner, { request, planned });
    return owner;
  }

  async #given(request: NewWorkflow, problems: Problems): Promise<GivenDefinition> {
    const { orgId, templateId, steps = [], triggers = [], settings = {} } = request;
    if (templateId === undefined) return { steps, triggers, settings };
    return this.#parts.templates.merged(orgId, { templateId, overrides: { steps, triggers, settings }, problems });
  }

  async #deploy(
    owner: TriggerOwner,
    { request, planned }: { request: NewWorkflow; planned: PlannedDefinition },
  ): Promise<void> {
    const { deployment, subscriptions } = this.#parts;
    const { name, settings } = planned;
    const isActive = planned.autoDeploy ?? true;
    const deploymentId = newId("deployment");
    const steps = await planned.saveSteps();
    await deployment.deploy({
      owner,
      userId: request.userId,
      planned: planned.triggers,
      old: [],
      isActive,
      write: async (trx, triggers) => {
        const nowMs = Date.now();
        await trx
          .insertInto("workflows")
          .values({
            ...{
              org_id: owner.orgId,
              workflow_id: owner.workflowId,
              name,
              active: isActive,
              deployment_id: deploymentId,
            },
            ...{ project_id: request.projectId ?? null, user_id: request.userId, pending_deployment_id: null },
            ...{ created_at_ms: nowMs, updated_at_ms: nowMs },
          })
          .execute();
        await putVersion(trx, owner, { deploymentId, definition: { name, settings, steps, triggers }, nowMs });
        await putLane(trx, owner, { settings, subscriptions });
        await subscriptions.onEmitterCreated(trx, { orgId: owner.orgId, emitterId: owner.workflowId });
        await announceWorkflow(trx, owner);
      },
    });
  }
}
