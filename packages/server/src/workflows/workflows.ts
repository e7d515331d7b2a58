import type { Page, PageRequest } from "../core/index.ts";
import { SecretProps } from "../sources/index.ts";
import { DefinitionPlanner } from "./definition-planner.ts";
import { DynamicProps } from "./dynamic-props.ts";
import type { LoadedVersion } from "./definition/index.ts";
import { StepPlanner } from "./step-planner.ts";
import { StepDrafts, type DraftToTest, type TestedNode } from "./step-drafts.ts";
import { Templates } from "./templates.ts";
import { TriggerDeployment } from "./trigger-deployment.ts";
import { TriggerPlanner } from "./trigger-planner.ts";
import { VersionLoader, type CurrentVersion } from "./version-loader.ts";
import { WorkflowCreation, type NewWorkflow } from "./workflow-creation.ts";
import type { WorkflowParts, WorkflowsOptions } from "./workflow-parts.ts";
import { WorkflowRemoval } from "./workflow-removal.ts";
import { WorkflowReplies, type WorkflowReply } from "./workflow-reply.ts";
import { findWorkflow, listVersions, listWorkflows, type VersionRow, type WorkflowRow } from "./workflow-rows.ts";
import { WorkflowUpdate, type WorkflowChange } from "./workflow-update.ts";

/** Workflows: making, changing, showing and removing them, and bringing their versions into memory. */
export class Workflows {
  readonly templates: Templates;
  readonly #options: WorkflowsOptions;
  readonly #loader: VersionLoader;
  readonly #creation: WorkflowCreation;
  readonly #update: WorkflowUpdate;
  readonly #removal: WorkflowRemoval;
  readonly #replies: WorkflowReplies;
  readonly #drafts: StepDrafts;

  constructor(options: WorkflowsOptions) {
    const { db, components, sources, endpoints } = options;
    const secrets = new SecretProps(options);
    const steps = new StepPlanner({ ...options, secrets, dynamicProps: new DynamicProps(options) });
    const triggers = new TriggerPlanner({ db, components, secrets });
    const parts: WorkflowParts = {
      ...options,
      planner: new DefinitionPlanner({ db, steps, triggers, secrets }),
      deployment: new TriggerDeployment({ ...options, secrets }),
      loader: new VersionLoader({ db, components, secrets }),
      templates: new Templates({ db, components, secrets }),
    };
    this.templates = parts.templates;
    this.#drafts = new StepDrafts({ db, steps });
    this.#options = options;
    this.#loader = parts.loader;
    this.#creation = new WorkflowCreation(parts);
    this.#update = new WorkflowUpdate(parts);
    this.#removal = new WorkflowRemoval(parts);
    this.#replies = new WorkflowReplies({
      db,
      components,
      secrets,
      sources,
      endpoints,
      mailDomain: options.mailDomain,
    });
  }

  /** Begins to hear of changes by other nodes. */
  start(): void {
    this.#loader.start();
  }

  stop(): void {
    this.#loader.stop();
  }

  /**
   * Makes a workflow, inline or from a template; it exists when all of it could be deployed, and else nothing does.
   * @throws ApiError 404 for a project or template, 400 that names every problem, 422 for code or hooks that fail
   */
  async create(request: NewWorkflow): Promise<WorkflowReply> {
    const { orgId, workflowId } = await this.#creation.create(request);
    return this.find([orgId], workflowId);
  }

  /** Steps, triggers and settings make a new version. @throws ApiError 404, 400, 409 when someone else changed it, 422 */
  async update(orgIds: readonly string[], workflowId: string, change: WorkflowChange): Promise<WorkflowReply> {
    await this.#update.update(orgIds, workflowId, change);
    return this.find(orgIds, workflowId);
  }

  /** Makes an earlier version the one that runs. @throws ApiError 404, 409, 422 */
  async rollback(orgIds: readonly string[], workflowId: string, deploymentId: string): Promise<WorkflowReply> {
    await this.#update.rollback(orgIds, workflowId, deploymentId);
    return this.find(orgIds, workflowId);
  }

  /** One step of a draft, ready to be tried. @throws ApiError 404, 400 that names every problem of the step, 422 */
  draftStep(orgIds: readonly string[], workflowId: string, draft: DraftToTest): Promise<TestedNode> {
    return this.#drafts.read(orgIds, workflowId, draft);
  }

  /** @throws ApiError 404 */
  delete(orgIds: readonly string[], workflowId: string): Promise<void> {
    return this.#removal.delete(orgIds, workflowId);
  }

  /** @throws ApiError 404 */
  async find(orgIds: readonly string[], workflowId: string): Promise<WorkflowReply> {
    return this.#replies.describe(await this.findRow(orgIds, workflowId));
  }

  /** The workflow without its parts. @throws ApiError 404 */
  findRow(orgIds: readonly string[], workflowId: string): Promise<WorkflowRow> {
    return findWorkflow(this.#options.db.kysely, orgIds, workflowId);
  }

  /** Newest first. */
  list(
    filter: { orgIds: readonly string[]; projectId: string | undefined },
    page: PageRequest,
  ): Promise<Page<WorkflowRow>> {
    return listWorkflows(this.#options.db.kysely, filter, page);
  }

  /** Newest first. @throws ApiError 404 */
  async listVersions(orgIds: readonly string[], workflowId: string, page: PageRequest): Promise<Page<VersionRow>> {
    return listVersions(this.#options.db.kysely, await this.findRow(orgIds, workflowId), page);
  }

  /** The version that new runs take; null: there is no such workflow. From memory whenever it can be. */
  current(of: { orgId: string; workflowId: string }): Promise<CurrentVersion | null> {
    return this.#loader.current(of);
  }

  /** Null: it was deleted. From memory whenever it can be. */
  loadVersion(orgId: string, deploymentId: string): Promise<LoadedVersion | null> {
    return this.#loader.load(orgId, deploymentId);
  }
}
