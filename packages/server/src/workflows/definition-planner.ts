import type { JsonObject } from "@millrace/runner";
import { ApiError } from "../core/index.ts";
import type { Database } from "../db/index.ts";
import type { SecretProps } from "../sources/index.ts";
import { CodeFaults } from "./code-faults.ts";
import {
  DEFAULT_SETTINGS,
  Fields,
  leavesOf,
  Problems,
  readSettings,
  readSteps,
  readTriggers,
  type StoredDefinition,
  type StoredNode,
  type StoredStep,
  type StoredTrigger,
  type WorkflowSettings,
} from "./definition/index.ts";
import type { SaveSteps, StepPlanner } from "./step-planner.ts";
import type { PlannedTrigger, TriggerPlanner } from "./trigger-planner.ts";
import type { TriggerRow } from "./trigger-rows.ts";

/** A definition as it came: parts that are absent stay as they are. */
export interface GivenDefinition {
  readonly steps: readonly unknown[] | undefined;
  readonly triggers: readonly unknown[] | undefined;
  readonly settings: JsonObject | undefined;
  /** Path by item, for items that do not come from the request's own lists. */
  readonly origins?: ReadonlyMap<unknown, string>;
}

/** A definition without problems, ready to be written. */
export interface PlannedDefinition {
  readonly name: string;
  readonly settings: WorkflowSettings;
  readonly autoDeploy: boolean | undefined;
  readonly saveSteps: SaveSteps;
  readonly triggers: readonly PlannedTrigger[];
}

/** What a definition is planned over. */
export interface PlanningBase {
  readonly orgId: string;
  readonly stored: StoredDefinition | null;
  readonly triggers: readonly TriggerRow[];
}

export interface DefinitionPlannerOptions {
  db: Database;
  steps: StepPlanner;
  triggers: TriggerPlanner;
  secrets: Pick<SecretProps, "open">;
}

const DEFAULT_NAME = "Untitled workflow";

/** Turns a request into a version that could be written, or names everything that is wrong with it. */
export class DefinitionPlanner {
  readonly #options: DefinitionPlannerOptions;

  constructor(options: DefinitionPlannerOptions) {
    this.#options = options;
  }

  /**
   * Writes nothing.
   * @param noted problems that were found before
   * @throws ApiError 400 that names every problem with its path; 422 when nothing but code is wrong
   */
  async plan(given: GivenDefinition, base: PlanningBase, noted: Problems = new Problems()): Promise<PlannedDefinition> {
    const problems = noted;
    const faults = new CodeFaults(problems);
    const { orgId, stored } = base;
    const settingsFields = given.settings && new Fields(given.settings, { path: "settings", problems });
    const settings = readSettings(settingsFields, stored?.settings ?? DEFAULT_SETTINGS);
    const saveSteps = await this.#planSteps(given, { base, problems, faults });
    const drafts = given.triggers && readTriggers(given.triggers, { problems, ...originsOf(given) });
    const planning = { orgId, problems, faults, existing: base.triggers, nowMs: Date.now() };
    const triggers = drafts ? await this.#options.triggers.plan(drafts, planning) : base.triggers.map(asItIs);
    faults.throwIfAny();
    const name = settings.name ?? stored?.name ?? DEFAULT_NAME;
    return { name, settings: settings.settings, autoDeploy: settings.autoDeploy, saveSteps, triggers };
  }

  /** Plans a version that was accepted before. @throws ApiError 409 when a source that it needs is gone */
  async planStored(stored: StoredDefinition, base: PlanningBase): Promise<PlannedDefinition> {
    const triggers: PlannedTrigger[] = [];
    for (const trigger of stored.triggers) triggers.push(await this.#planStoredTrigger(trigger, base));
    const { name, settings } = stored;
    return { name, settings, autoDeploy: true, saveSteps: async () => [...stored.steps], triggers };
  }

  async #planSteps(
    given: GivenDefinition,
    { base, problems, faults }: { base: PlanningBase; problems: Problems; faults: CodeFaults },
  ): Promise<SaveSteps> {
    const old: readonly StoredNode[] = base.stored?.steps ?? [];
    if (!given.steps) return async () => [...old];
    const reading = { problems, namespaces: new Map<string, string>(), depth: 1, ...originsOf(given) };
    const drafts = readSteps(given.steps, { path: "steps", reading });
    const byNamespace = new Map(leavesOf<StoredStep>(old).map((step) => [step.namespace, step]));
    return this.#options.steps.plan(drafts, { orgId: base.orgId, base: byNamespace, problems, faults });
  }

  async #planStoredTrigger(trigger: StoredTrigger, { orgId, triggers }: PlanningBase): Promise<PlannedTrigger> {
    if (trigger.kind !== "source") return { trigger };
    const { id, config } = trigger;
    const isThere = await this.#hasSource(orgId, id);
    if (!config) {
      if (isThere) return { trigger };
      throw new ApiError("conflict", `The source ${id}, which that version listens to, does not exist any more`);
    }
    const isOurs = isThere && triggers.some((row) => row.id === id);
    const props = await this.#options.secrets.open(orgId, config.props);
    const sourceId = isOurs ? id : null;
    return { deploy: { path: "triggers", sourceId, props, name: config.name, save: async () => config } };
  }

  async #hasSource(orgId: string, sourceId: string): Promise<boolean> {
    const { rowCount } = await this.#options.db.query("select 1 from sources where org_id = $1 and source_id = $2", [
      orgId,
      sourceId,
    ]);
    return rowCount === 1;
  }
}

function asItIs({ kind, id, key, config }: TriggerRow): PlannedTrigger {
  return { trigger: { kind, id, key, config } as StoredTrigger };
}

function originsOf({ origins }: GivenDefinition): { origins?: ReadonlyMap<unknown, string> } {
  return origins ? { origins } : {};
}
