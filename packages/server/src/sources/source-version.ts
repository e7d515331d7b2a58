import type { JsonObject } from "@millrace/runner";
import { newId } from "../core/index.ts";
import { mergeProps, type PropsPlan } from "./configured-props.ts";
import { putEndpoints, putTimers, settleEndpoints, startTimers, type InterfaceOwner } from "./interface-rows.ts";
import { unmasked } from "./shown-props.ts";
import type { SourceParts } from "./source-parts.ts";
import type { ComponentReference } from "./source-planner.ts";
import type { SourceRow } from "./source-rows.ts";
import { settleState } from "./source-state.ts";

/** What an update swaps: code, configuration, and the interfaces that follow from them. */
export interface SourceVersion extends Pick<PropsPlan, "timers" | "endpoints"> {
  readonly componentId: string;
  readonly storedProps: string;
}

export interface VersionChange extends ComponentReference {
  readonly configuredProps?: JsonObject | undefined;
}

/** Reads, makes and puts in place the versions of a source. */
export class SourceVersions {
  readonly #parts: SourceParts;

  constructor(parts: SourceParts) {
    this.#parts = parts;
  }

  /** The version that a row holds. */
  async current(row: SourceRow): Promise<SourceVersion> {
    const { components, planner, secrets } = this.#parts;
    const component = await components.find(row.org_id, row.component_id);
    if (!component) throw new Error(`The component ${row.component_id} of source ${row.source_id} is gone`);
    const { timers, endpoints } = planner.interfacesOf(component, await secrets.open(row.org_id, row.configured_props));
    return { componentId: row.component_id, storedProps: row.configured_props, timers, endpoints };
  }

  /** The version that a change asks for; null when it asks for none. @throws ApiError 400, 422 */
  async planned(row: SourceRow, change: VersionChange): Promise<SourceVersion | null> {
    const isNewCode = [change.componentId, change.componentCode, change.componentUrl, change.componentKey].some(
      (part) => part !== undefined,
    );
    if (!isNewCode && change.configuredProps === undefined) return null;
    const { components, planner, secrets } = this.#parts;
    const orgId = row.org_id;
    const old = await components.find(orgId, row.component_id);
    const component = isNewCode || !old ? await planner.resolveComponent(orgId, change) : old;
    const oldProps = await secrets.open(orgId, row.configured_props);
    const oldDefinition = old?.definition.configurableProps ?? [];
    const given = unmasked(change.configuredProps ?? {}, { definition: oldDefinition, props: oldProps });
    const plan = await planner.plan(component, { orgId, given: mergeProps(oldProps, given) });
    const definition = component.definition.configurableProps;
    const storedProps = await secrets.seal(orgId, { definition, props: plan.props });
    return { componentId: component.componentId, storedProps, timers: plan.timers, endpoints: plan.endpoints };
  }

  /** Makes a version the one that runs, with its endpoints live and its timers at rest. */
  async put(owner: InterfaceOwner, version: SourceVersion): Promise<void> {
    const { db, endpoints, loader } = this.#parts;
    await db.transaction(async (trx) => {
      const context = { trx, endpoints, nowMs: Date.now() };
      await trx
        .updateTable("sources")
        .set({
          component_id: version.componentId,
          configured_props: version.storedProps,
          deployment_id: newId("deployment"),
        })
        .where("org_id", "=", owner.orgId)
        .where("source_id", "=", owner.sourceId)
        .execute();
      await putEndpoints(context, owner, version.endpoints);
      await putTimers(context, owner, version.timers);
      await loader.announce(trx, owner.sourceId);
    });
    loader.forget(owner.sourceId);
  }

  /** Ends an update: what the version does not need goes, and it ticks and answers only when active. */
  async settle(
    owner: InterfaceOwner,
    { version, to }: { version: SourceVersion; to: "active" | "inactive" },
  ): Promise<void> {
    const { db, endpoints, loader } = this.#parts;
    await db.transaction(async (trx) => {
      const nowMs = Date.now();
      const context = { trx, endpoints, nowMs };
      const wantedProps = version.endpoints.map((endpoint) => endpoint.propName);
      await settleState(trx, { owner, from: "updating", to, nowMs });
      await settleEndpoints(context, owner, { wantedProps, isActive: to === "active" });
      if (to === "active") await startTimers(context, owner);
      await loader.announce(trx, owner.sourceId);
    });
    loader.forget(owner.sourceId);
  }
}
