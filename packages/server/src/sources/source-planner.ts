import type { ComponentDefinition, JsonObject } from "@millrace/runner";
import { ApiError, invalidInput } from "../core/index.ts";
import type { Database } from "../db/index.ts";
import { checkProps } from "./check-props.ts";
import type { ComponentRecord } from "../registry/index.ts";
import type { SourceComponents } from "./source-parts.ts";
import { planProps, type PropsPlan } from "./configured-props.ts";

/** Which component; the first one given counts. */
export interface ComponentReference {
  readonly componentId?: string | undefined;
  readonly componentCode?: string | undefined;
  readonly componentUrl?: string | undefined;
  readonly componentKey?: string | undefined;
}

export interface SourcePlannerOptions {
  db: Database;
  components: SourceComponents;
}

const APPHOOK_TYPE = "$.interface.apphook";

/** @throws ApiError 400 for an action or an app, 422 for a source that needs what we have not */
export function assertSource(definition: ComponentDefinition, path: string): void {
  if (definition.kind !== "source") {
    throw invalidInput([{ path, message: `is an ${definition.kind}; a source is needed` }]);
  }
  if (definition.configurableProps.some((prop) => prop.type === APPHOOK_TYPE)) {
    const message = `needs ${APPHOOK_TYPE}, which Millrace does not support`;
    throw new ApiError("component_invalid", `The component ${message}`, { details: [{ path, message }] });
  }
}

/** Finds out what a source would be made of, and refuses what cannot be one, before anything is written. */
export class SourcePlanner {
  readonly #db: Database;
  readonly #components: SourceComponents;

  constructor(options: SourcePlannerOptions) {
    this.#db = options.db;
    this.#components = options.components;
  }

  /** The component that a request names. @throws ApiError 400 when there is none or it is no source, 422 for bad code */
  async resolveComponent(orgId: string, reference: ComponentReference): Promise<ComponentRecord> {
    const { component, path } = await this.#find(orgId, reference);
    assertSource(component.definition, path);
    return component;
  }

  /** Checks configured props. @throws ApiError 400 that names every problem */
  async plan(component: ComponentRecord, { orgId, given }: { orgId: string; given: JsonObject }): Promise<PropsPlan> {
    const plan = await checkProps(this.#db, {
      orgId,
      definition: component.definition.configurableProps,
      given,
      bundleText: async () => (await this.#components.bundleOf(component)).code,
    });
    if (plan.problems.length > 0) throw invalidInput([...plan.problems]);
    return plan;
  }

  /** The interfaces of a version that was accepted before. */
  interfacesOf(component: ComponentRecord, props: JsonObject): Pick<PropsPlan, "timers" | "endpoints"> {
    const definition = component.definition.configurableProps;
    return planProps({
      definition,
      given: props,
      accountApps: new Map(),
      needsAccount: () => false,
      nowMs: Date.now(),
    });
  }

  async #find(orgId: string, reference: ComponentReference): Promise<{ component: ComponentRecord; path: string }> {
    const { componentId, componentCode, componentUrl, componentKey } = reference;
    if (componentId !== undefined) return this.#named(orgId, { path: "component_id", name: componentId });
    if (componentCode !== undefined) {
      const component = await this.#components.createFromCode(orgId, componentCode, componentUrl);
      return { component, path: "component_code" };
    }
    if (componentUrl !== undefined) {
      return { component: await this.#components.createFromUrl(orgId, componentUrl), path: "component_url" };
    }
    if (componentKey !== undefined) return this.#named(orgId, { path: "component_key", name: componentKey });
    throw invalidInput([
      { path: "component_id", message: "is required, or component_code, component_url or component_key" },
    ]);
  }

  async #named(
    orgId: string,
    { path, name }: { path: string; name: string },
  ): Promise<{ component: ComponentRecord; path: string }> {
    const component = await this.#components.find(orgId, name);
    if (!component) throw invalidInput([{ path, message: `there is no component ${name}` }]);
    return { component, path };
  }
}
