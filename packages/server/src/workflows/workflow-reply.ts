import type { ReplyOf, workflowOperations } from "@millrace/contract";
import type { JsonObject } from "@millrace/runner";
import type { Database } from "../db/index.ts";
import type { ComponentRecord, Components } from "../registry/index.ts";
import { shownProps, type Endpoints, type SecretProps, type Sources } from "../sources/index.ts";
import {
  leavesOf,
  shownRetry,
  shownSettings,
  type Branch,
  type HttpConfig,
  type StoredDefinition,
  type StoredNode,
  type StoredStep,
} from "./definition/index.ts";
import { shownHttp } from "./shown-http.ts";
import { readTriggerRows, type TriggerRow } from "./trigger-rows.ts";
import { readDefinition, type WorkflowRow } from "./workflow-rows.ts";

/** A workflow as replies show it. */
export type WorkflowReply = ReplyOf<typeof workflowOperations.createWorkflow>["data"];
type TriggerReply = WorkflowReply["triggers"][number];
type StepReply = WorkflowReply["steps"][number];

export interface WorkflowRepliesOptions {
  db: Database;
  components: Pick<Components, "findMany">;
  secrets: Pick<SecretProps, "withoutSecrets">;
  sources: Pick<Sources, "find">;
  endpoints: Pick<Endpoints, "urlOf">;
  /** What stands behind the `@` of addresses. */
  mailDomain: string;
}

interface AppReply {
  appId: string;
  nameSlug: string;
  authType: string;
}

interface Known {
  readonly orgId: string;
  readonly components: ReadonlyMap<string, ComponentRecord>;
  readonly apps: ReadonlyMap<string, AppReply>;
}

/** Shows workflows. */
export class WorkflowReplies {
  readonly #options: WorkflowRepliesOptions;

  constructor(options: WorkflowRepliesOptions) {
    this.#options = options;
  }

  async describe(row: WorkflowRow): Promise<WorkflowReply> {
    const { db } = this.#options;
    const [definition, triggers] = await Promise.all([
      readDefinition(db.kysely, row, row.deployment_id),
      readTriggerRows(db.kysely, { orgId: row.org_id, workflowId: row.workflow_id }),
    ]);
    const known = await this.#known(row.org_id, definition);
    return {
      id: row.workflow_id,
      name: row.name,
      active: row.active,
      steps: definition.steps.map((node) => this.#step(node, known)),
      triggers: await this.#triggers(row, triggers),
      deployment_id: row.deployment_id,
      project_id: row.project_id,
      owner_id: row.org_id,
      settings: shownSettings(row.name, definition.settings),
      created_at: Math.floor(row.created_at_ms / 1000),
      updated_at: Math.floor(row.updated_at_ms / 1000),
    };
  }

  async #known(orgId: string, { steps }: StoredDefinition): Promise<Known> {
    const ids = leavesOf<StoredStep>(steps).map((step) => step.componentId);
    const components = await this.#options.components.findMany(orgId, ids);
    const slugs = [...components.values()].flatMap((component) => component.definition.apps);
    const { rows } = await this.#options.db.query<{ app_id: string; name_slug: string; auth_type: string }>(
      "select app_id, name_slug, auth_type from apps where name_slug = any($1)",
      [slugs],
    );
    const apps = rows.map((row) => ({ appId: row.app_id, nameSlug: row.name_slug, authType: row.auth_type }));
    return { orgId, components, apps: new Map(apps.map((app) => [app.nameSlug, app])) };
  }

  #step(node: StoredNode, known: Known): StepReply {
    const inner = (steps: readonly StoredNode[]): StepReply[] => steps.map((step) => this.#step(step, known));
    switch (node.kind) {
      case "step":
        return this.#codeCell(node, known);
      case "end":
        return { ...headOf(node), reason: node.reason };
      case "loop":
        return { ...headOf(node), over: node.over, steps: inner(node.steps) };
      case "if": {
        const [branch] = node.branches;
        const both = { steps: inner(branch?.steps ?? []), else: node.otherwise && inner(node.otherwise) };
        return { ...headOf(node), condition: branch?.condition ?? null, ...both };
      }
      case "parallel":
        return { ...headOf(node), branches: branchesOf(node.branches, inner) };
      case "switch": {
        const cases = branchesOf(node.branches, inner);
        return { ...headOf(node), cases, default: node.otherwise && inner(node.otherwise) };
      }
    }
  }

  #codeCell(step: StoredStep, { orgId, components, apps }: Known): StepReply {
    const component = components.get(step.componentId);
    const key = component?.definition.key ?? null;
    const configurableProps =
      step.lang === "nodejs" ? [...(component?.definition.configurableProps ?? []), ...step.inputs] : [...step.inputs];
    const props = this.#shownProps(step, configurableProps);
    const isOwn = !step.isCodeStep && key === null;
    return {
      ...{ id: step.id, type: "CodeCell" as const, namespace: step.namespace, disabled: step.disabled },
      ...{ code_raw: null, codeRaw: null, codeConfigJson: null, lang: step.runtime, text_raw: null },
      ...{ appConnections: [], flat_params_visibility_json: null, params_json: "{}", component: true as const },
      savedComponent: { id: step.componentId, configurableProps, ...savedPart(component, apps) },
      ...{ component_key: key, component_owner_id: isOwn ? orgId : null },
      configured_props_json: configurableProps.length === 0 && isEmpty(props) ? null : JSON.stringify(props),
      ...{ authProvisionIdMap: {}, authProvisionIds: [] },
      ...(step.retry && { retry: shownRetry(step.retry) }),
    };
  }

  #shownProps(step: StoredStep, definition: ComponentRecord["definition"]["configurableProps"]): JsonObject {
    const props = this.#options.secrets.withoutSecrets(step.props);
    return shownProps({ definition, props, endpointUrls: {} });
  }

  async #triggers(row: WorkflowRow, triggers: readonly TriggerRow[]): Promise<TriggerReply[]> {
    const shown = await Promise.all(triggers.map((trigger) => this.#trigger(row, trigger)));
    return shown.filter((trigger) => trigger !== null);
  }

  /** Null for a source that was deleted. */
  async #trigger(row: WorkflowRow, trigger: TriggerRow): Promise<TriggerReply | null> {
    const { id, key } = trigger;
    const created_at = Math.floor(trigger.createdAtMs / 1000);
    const updated_at = Math.floor(trigger.updatedAtMs / 1000);
    if (trigger.kind === "source") {
      const source = await this.#options.sources.find([row.org_id], id).catch(() => null);
      if (!source) return null;
      const { user_id: _user, ...shown } = source;
      return shown;
    }
    if (trigger.kind === "email")
      return { id, email_address: `${key ?? ""}@${this.#options.mailDomain}`, created_at, updated_at };
    if (trigger.kind === "timer") {
      const { intervalSeconds: interval_seconds, cron, timezone, changedAtMs } = trigger.config;
      const schedule_changed_at = Math.floor(changedAtMs / 1000);
      return { id, interval_seconds, cron, timezone, schedule_changed_at, created_at, updated_at };
    }
    return {
      id,
      key: key ?? "",
      endpoint_url: this.#options.endpoints.urlOf(key ?? ""),
      ...settingsOf(trigger.config),
      created_at,
      updated_at,
    };
  }
}

/** What is not as usual: the rest of the reply is as the reference has it. */
function settingsOf(config: HttpConfig) {
  const { authorization, body_only, ...shown } = shownHttp(config);
  return { ...shown, ...(body_only && { body_only }), ...(authorization !== "none" && { authorization }) };
}

function branchesOf(branches: readonly Branch<StoredStep>[], inner: (steps: readonly StoredNode[]) => StepReply[]) {
  return branches.map((branch) => ({ ...branch, steps: inner(branch.steps) }));
}

/** What replies show of a step's component; components are never deleted while a version names them. */
function savedPart(component: ComponentRecord | undefined, apps: Known["apps"]) {
  if (!component) {
    return { code: "", codeHash: "", key: null, description: null, entryPath: null, version: "", apps: [] };
  }
  const { code, codeHash, definition } = component;
  const { key, description } = definition;
  const version = key === null ? "" : definition.version;
  const named = definition.apps.flatMap((slug) => apps.get(slug) ?? []);
  return { code, codeHash, key, description, entryPath: null, version, apps: named };
}

function headOf<Kind extends string>({
  kind,
  namespace,
  disabled,
}: {
  kind: Kind;
  namespace: string;
  disabled: boolean;
}) {
  return { type: kind, namespace, disabled };
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}
