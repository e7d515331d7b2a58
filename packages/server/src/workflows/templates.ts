import type { Json, JsonObject } from "@millrace/runner";
import { invalidInput, newId, notFound } from "../core/index.ts";
import type { Database } from "../db/index.ts";
import type { Components } from "../registry/index.ts";
import { isRecord, type SecretProps } from "../sources/index.ts";
import type { GivenDefinition } from "./definition-planner.ts";
import {
  Fields,
  mergeTemplate,
  Problems,
  readSettings,
  readSteps,
  readTriggers,
  DEFAULT_SETTINGS,
} from "./definition/index.ts";
import type { RawDefinition } from "./definition/index.ts";
import { TemplateExport } from "./template-export.ts";
import { findWorkflow } from "./workflow-rows.ts";

export interface TemplatesOptions {
  db: Database;
  components: Pick<Components, "prepare" | "prepareSaved" | "findMany">;
  secrets: Pick<SecretProps, "withoutSecrets">;
}

/** A template as it is kept. */
export interface Template {
  readonly orgId: string;
  readonly templateId: string;
  readonly name: string;
  readonly definition: RawDefinition;
  readonly createdAtMs: number;
}

export interface NewTemplate {
  readonly orgId: string;
  readonly name: string | undefined;
  readonly workflowId: string | undefined;
  readonly definition: { steps?: unknown[]; triggers?: unknown[]; settings?: Record<string, unknown> } | undefined;
}

const HTTP_PROPS = new Set(["custom_response", "static_response", "authorization", "bearer_token", "body_only"]);
const TIMER_PROPS = new Set(["interval_seconds", "cron", "timezone"]);
const DEFAULT_NAME = "Untitled template";

/** Templates of workflows: definitions in the form of a request. */
export class Templates {
  readonly #options: TemplatesOptions;
  readonly #export: TemplateExport;

  constructor(options: TemplatesOptions) {
    this.#options = options;
    this.#export = new TemplateExport(options);
  }

  /** @throws ApiError 404 for the workflow, 400 that names what is wrong with a definition */
  async create(request: NewTemplate): Promise<Template> {
    const { orgId, workflowId } = request;
    if ((workflowId === undefined) === (request.definition === undefined)) {
      throw invalidInput([{ path: "workflow_id", message: "give it, or a definition" }]);
    }
    const workflow = workflowId === undefined ? null : await findWorkflow(this.#options.db.kysely, [orgId], workflowId);
    const definition = workflow ? await this.#export.definitionOf(workflow) : givenDefinition(request.definition ?? {});
    const template: Template = {
      ...{ orgId, templateId: newId("template"), definition, createdAtMs: Date.now() },
      name: request.name ?? workflow?.name ?? DEFAULT_NAME,
    };
    await this.#options.db.kysely
      .insertInto("templates")
      .values({
        ...{ org_id: orgId, template_id: template.templateId, name: template.name },
        ...{ definition: JSON.stringify(definition), created_at_ms: template.createdAtMs },
      })
      .execute();
    return template;
  }

  /** @throws ApiError 404 */
  async find(orgIds: readonly string[], templateId: string): Promise<Template> {
    const row = await this.#options.db.kysely
      .selectFrom("templates")
      .selectAll()
      .where("org_id", "in", orgIds)
      .where("template_id", "=", templateId)
      .executeTakeFirst();
    if (!row) throw notFound(`Template ${templateId}`);
    const definition = JSON.parse(row.definition) as RawDefinition;
    return { orgId: row.org_id, templateId, name: row.name, definition, createdAtMs: row.created_at_ms };
  }

  /** A template with a request over it. @throws ApiError 404 */
  async merged(
    orgId: string,
    request: {
      templateId: string;
      overrides: { steps: readonly Json[]; triggers: readonly Json[]; settings: JsonObject };
      problems: Problems;
    },
  ): Promise<GivenDefinition> {
    const { overrides, problems } = request;
    const { definition } = await this.find([orgId], request.templateId);
    const propNames: (ReadonlySet<string> | null)[] = [];
    if (overrides.triggers.length > 0) {
      for (const trigger of definition.triggers) propNames.push(await this.#propNames(orgId, trigger));
    }
    return mergeTemplate(definition, { overrides, problems, propNames });
  }

  /** Names of the props that a trigger takes; null when they cannot be known. */
  async #propNames(orgId: string, trigger: Json): Promise<ReadonlySet<string> | null> {
    if (!isRecord(trigger)) return null;
    if (trigger["type"] === "http") return HTTP_PROPS;
    if (trigger["type"] === "timer") return TIMER_PROPS;
    if (trigger["type"] === "email" || trigger["source_id"] !== undefined) return new Set();
    const { component_code: code, component_url: url, component_id: id, component_key: key } = trigger;
    const { components } = this.#options;
    try {
      const component =
        typeof code === "string"
          ? await components.prepare(orgId, { code })
          : typeof url === "string"
            ? await components.prepare(orgId, { url })
            : await components.prepareSaved(orgId, typeof id === "string" ? id : typeof key === "string" ? key : "");
      return new Set(component.definition.configurableProps.map((prop) => prop.name));
    } catch {
      // What is wrong with it is told when the workflow is planned.
      return null;
    }
  }
}

/** Checks the form of a definition; whether its components and accounts exist shows when it is used. */
function givenDefinition(given: NonNullable<NewTemplate["definition"]>): RawDefinition {
  const problems = new Problems();
  const { steps = [], triggers = [], settings = {} } = given;
  const origins = new Map<unknown, string>([
    ...steps.map((step, index): [unknown, string] => [step, `definition.steps[${index}]`]),
    ...triggers.map((trigger, index): [unknown, string] => [trigger, `definition.triggers[${index}]`]),
  ]);
  readSteps(steps, { path: "definition.steps", reading: { problems, namespaces: new Map(), depth: 1 } });
  readTriggers(triggers, { problems, origins });
  readSettings(new Fields(settings as JsonObject, { path: "definition.settings", problems }), DEFAULT_SETTINGS);
  if (problems.found.length > 0) throw invalidInput(problems.found);
  return { steps: steps as Json[], triggers: triggers as Json[], settings: settings as JsonObject };
}
