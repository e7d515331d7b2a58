import type { Json, JsonObject } from "@millrace/runner";
import type { Database } from "../db/index.ts";
import type { ComponentRecord, Components } from "../registry/index.ts";
import type { SecretProps } from "../sources/index.ts";
import {
  leavesOf,
  shownRetry,
  shownSettings,
  type RawDefinition,
  type StoredNode,
  type StoredStep,
  type StoredTrigger,
} from "./definition/index.ts";
import { shownHttp } from "./shown-http.ts";
import { readDefinition, type WorkflowRow } from "./workflow-rows.ts";

export interface TemplateExportOptions {
  db: Database;
  components: Pick<Components, "findMany">;
  secrets: Pick<SecretProps, "withoutSecrets">;
}

type Records = ReadonlyMap<string, ComponentRecord>;

/** Puts workflows back into the form of a request, without accounts and secrets. */
export class TemplateExport {
  readonly #options: TemplateExportOptions;

  constructor(options: TemplateExportOptions) {
    this.#options = options;
  }

  async definitionOf(workflow: WorkflowRow): Promise<RawDefinition> {
    const { name, settings, steps, triggers } = await readDefinition(
      this.#options.db.kysely,
      workflow,
      workflow.deployment_id,
    );
    const ids = leavesOf<StoredStep>(steps).map((step) => step.componentId);
    const components = await this.#options.components.findMany(workflow.org_id, ids);
    return {
      steps: steps.map((node) => this.#step(node, components)),
      triggers: triggers.map((trigger) => this.#trigger(trigger)),
      settings: JSON.parse(JSON.stringify(shownSettings(name, settings))) as JsonObject,
    };
  }

  #step(node: StoredNode, components: Records): JsonObject {
    const inner = (steps: readonly StoredNode[]): Json[] => steps.map((step) => this.#step(step, components));
    if (node.kind === "step") return this.#code(node, components);
    const head = { type: node.kind, namespace: node.namespace, ...(node.disabled && { disabled: true }) };
    if (node.kind === "end") return { ...head, reason: node.reason };
    if (node.kind === "loop") return { ...head, over: node.over, steps: inner(node.steps) };
    if (node.kind === "if") {
      const [branch] = node.branches;
      const taken = { condition: branch?.condition ?? null, steps: inner(branch?.steps ?? []) };
      return { ...head, ...taken, ...(node.otherwise && { else: inner(node.otherwise) }) };
    }
    const branches = node.branches.map(({ slug, condition, steps }) => ({ slug, condition, steps: inner(steps) }));
    if (node.kind === "parallel") return { ...head, branches };
    return { ...head, cases: branches, ...(node.otherwise && { default: inner(node.otherwise) }) };
  }

  #code(step: StoredStep, components: Records): JsonObject {
    const code = components.get(step.componentId)?.code;
    const isInline = step.isCodeStep && code !== undefined;
    const inputs = step.inputs.map(({ name, ...declared }): [string, object] => [name, declared]);
    return JSON.parse(
      JSON.stringify({
        namespace: step.namespace,
        ...(isInline ? { code, lang: step.runtime } : { component_id: step.componentId }),
        props: this.#plainProps(step.props, step.accounts),
        ...(step.lang === "python" && inputs.length > 0 && { inputs: Object.fromEntries(inputs) }),
        ...(step.disabled && { disabled: true }),
        ...(step.retry && { retry: shownRetry(step.retry) }),
      }),
    ) as JsonObject;
  }

  #trigger(trigger: StoredTrigger): JsonObject {
    const { kind: type, config } = trigger;
    if (type === "email") return { type };
    if (type === "timer") {
      const { intervalSeconds: interval_seconds, cron, timezone } = trigger.config;
      return { type, props: { interval_seconds, cron, timezone } };
    }
    if (type === "http") return { type, props: JSON.parse(JSON.stringify(shownHttp(trigger.config))) as JsonObject };
    if (config === null) return { type, source_id: trigger.id };
    const { componentId: component_id, props, name } = trigger.config ?? { componentId: "", props: "{}", name: null };
    return { type, component_id, props: this.#plainProps(props, null), ...(name !== null && { name }) };
  }

  /** Secrets and accounts belong to who made the workflow. */
  #plainProps(stored: string, accounts: Readonly<Record<string, string>> | null): JsonObject {
    const props = this.#options.secrets.withoutSecrets(stored);
    for (const [name, value] of Object.entries(props)) {
      const isAccount = typeof value === "object" && value !== null && "authProvisionId" in value;
      if (value === null || isAccount || (accounts && name in accounts)) delete props[name];
    }
    return props;
  }
}
