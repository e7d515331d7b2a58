import type { JsonObject } from "@millrace/runner";
import { newId } from "../core/index.ts";
import type { CommitUnit } from "../events/index.ts";
import type { ComponentRecord } from "../registry/index.ts";
import type { PropsPlan } from "./configured-props.ts";
import { putEndpoints, putTimers, startTimers, type InterfaceOwner } from "./interface-rows.ts";
import type { LoadedSource } from "./loaded-source.ts";
import { freeSlug, slugOf } from "./slug.ts";
import type { SourceParts } from "./source-parts.ts";
import { settleState } from "./source-state.ts";
import type { ComponentReference } from "./source-planner.ts";
import { takenSlugs } from "./source-rows.ts";

export interface NewSource extends ComponentReference {
  readonly orgId: string;
  readonly userId: string | null;
  readonly configuredProps: JsonObject;
  readonly name?: string | undefined;
  /** Called when its hooks have succeeded, before it emits and ticks. When it throws, the source comes to nothing. */
  readonly onDeployed?: ((sourceId: string) => Promise<void>) | undefined;
}

interface PlannedSource {
  readonly request: NewSource;
  readonly component: ComponentRecord;
  readonly plan: PropsPlan;
}

/** Deploys new sources. */
export class SourceCreation {
  readonly #parts: SourceParts;

  constructor(parts: SourceParts) {
    this.#parts = parts;
  }

  /**
   * Creates a source: its rows and endpoints first, so that providers can call back while hooks run, then `deploy`, then
   * `activate`, then its timers. Whatever fails on the way takes everything back.
   * @throws ApiError 400 for props that do not fit, 422 for code or hooks that fail
   */
  async create(request: NewSource): Promise<InterfaceOwner> {
    const { planner, inWork } = this.#parts;
    const component = await planner.resolveComponent(request.orgId, request);
    const plan = await planner.plan(component, { orgId: request.orgId, given: request.configuredProps });
    const owner = { orgId: request.orgId, sourceId: newId("source") };
    await inWork.during(owner.sourceId, () => this.#insertAndDeploy(owner, { request, component, plan }));
    return owner;
  }

  async #insertAndDeploy(owner: InterfaceOwner, planned: PlannedSource): Promise<void> {
    await this.#insert(owner, planned);
    try {
      await this.#deploy(owner, planned.request);
    } catch (error) {
      await this.#retire(owner);
      await this.#parts.purge.remove(owner);
      throw error;
    }
  }

  async #insert(owner: InterfaceOwner, { request, component, plan }: PlannedSource): Promise<void> {
    const { db, endpoints, node, secrets, subscriptions } = this.#parts;
    const nowMs = Date.now();
    const name = request.name ?? slugOf(component.name);
    const { configurableProps } = component.definition;
    const configuredProps = await secrets.seal(owner.orgId, { definition: configurableProps, props: plan.props });
    await db.transaction(async (trx) => {
      const slug = slugOf(name);
      const row = {
        org_id: owner.orgId,
        source_id: owner.sourceId,
        user_id: request.userId,
        component_id: component.componentId,
        name,
        name_slug: freeSlug(slug, await takenSlugs(trx, { orgId: owner.orgId, slug })),
        state: "deploying" as const,
        deployment_id: newId("deployment"),
        configured_props: configuredProps,
        deploying_node_id: node.nodeId,
        deploying_epoch: node.epoch,
        created_at_ms: nowMs,
        updated_at_ms: nowMs,
      };
      await trx.insertInto("sources").values(row).execute();
      const context = { trx, endpoints, nowMs };
      await putEndpoints(context, owner, plan.endpoints);
      await putTimers(context, owner, plan.timers);
      await subscriptions.onEmitterCreated(trx, { orgId: owner.orgId, emitterId: owner.sourceId });
    });
  }

  async #deploy(owner: InterfaceOwner, { onDeployed }: NewSource): Promise<void> {
    const source = await this.#load(owner);
    const { hooks, log } = this.#parts;
    const units: CommitUnit[] = [];
    for (const hook of ["deploy", "activate"] as const) {
      const unit = await hooks.runHeld(source, hook);
      if (unit) units.push(unit);
    }
    if (onDeployed) await this.#confirm(source, onDeployed);
    // Only now is it sure that there is a source which could have emitted.
    for (const unit of units) await log.commit(unit);
    await this.#activate(owner);
  }

  async #confirm(source: LoadedSource, onDeployed: (sourceId: string) => Promise<void>): Promise<void> {
    try {
      await onDeployed(source.sourceId);
    } catch (error) {
      // What `activate` set up elsewhere is taken down; should that fail too, the first error is the one to tell.
      await this.#parts.hooks.runHeld(source, "deactivate").catch(() => null);
      throw error;
    }
  }

  async #activate(owner: InterfaceOwner): Promise<void> {
    const { db, endpoints, loader } = this.#parts;
    await db.transaction(async (trx) => {
      const nowMs = Date.now();
      await settleState(trx, { owner, from: "deploying", to: "active", nowMs });
      await startTimers({ trx, endpoints, nowMs }, owner);
      await loader.announce(trx, owner.sourceId);
    });
    loader.forget(owner.sourceId);
  }

  async #load(owner: InterfaceOwner): Promise<LoadedSource> {
    const source = await this.#parts.loader.load(owner);
    if (!source) throw new Error(`Source ${owner.sourceId} vanished while it was deployed`);
    return source;
  }

  async #retire(owner: InterfaceOwner): Promise<void> {
    const source = await this.#parts.loader.load(owner).catch(() => null);
    if (source) this.#parts.runner.retire(source.deployment.id);
    this.#parts.loader.forget(owner.sourceId);
  }
}
