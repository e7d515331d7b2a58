import { invalidInput } from "../core/index.ts";
import type { Database } from "../db/index.ts";
import { isRecord } from "../sources/index.ts";
import { CodeFaults } from "./code-faults.ts";
import {
  leavesOf,
  Problems,
  readSteps,
  type DraftNode,
  type LoadedVersion,
  type StoredStep,
} from "./definition/index.ts";
import type { PreviewedStep, StepPlanner } from "./step-planner.ts";
import { findWorkflow, readDefinition } from "./workflow-rows.ts";

export interface StepDraftsOptions {
  db: Database;
  steps: Pick<StepPlanner, "preview">;
}

/** A step of a draft, by its namespace. */
export interface DraftToTest {
  readonly steps: readonly unknown[];
  readonly namespace: string;
}

/** What is to be tried, and the workflow around it. */
export interface TestedNode {
  readonly workflow: Omit<LoadedVersion, "deployment" | "steps">;
  /** Code that runs, or a block of control flow. */
  readonly node: PreviewedStep | Exclude<DraftNode, { kind: "step" }>;
  /** Namespaces of the draft's other steps that stand before it. */
  readonly before: ReadonlySet<string>;
}

/** Reads single steps of drafts. Others may be unfinished: nothing is said of them. */
export class StepDrafts {
  readonly #options: StepDraftsOptions;

  constructor(options: StepDraftsOptions) {
    this.#options = options;
  }

  /** Saves nothing. @throws ApiError 404, 400 that names every problem of the step, 422 for code that is none */
  async read(orgIds: readonly string[], workflowId: string, draft: DraftToTest): Promise<TestedNode> {
    const { kysely } = this.#options.db;
    const row = await findWorkflow(kysely, orgIds, workflowId);
    const stored = await readDefinition(kysely, row, row.deployment_id);
    const place = findPlace(draft.steps, draft.namespace, { path: "steps", before: [] });
    if (!place) throw invalidInput([{ path: "namespace", message: "is of no step in `steps`" }]);
    const problems = new Problems();
    const faults = new CodeFaults(problems);
    const origins = new Map([[place.item, place.path]]);
    const [read] = readSteps([place.item], {
      path: "steps",
      reading: { problems, namespaces: new Map(), depth: 1, origins },
    });
    const base = new Map(leavesOf<StoredStep>(stored.steps).map((step) => [step.namespace, step]));
    const planning = { orgId: row.org_id, base, problems, faults };
    const node = read?.kind === "step" ? await this.#options.steps.preview(read, planning) : read;
    faults.throwIfAny();
    if (!node) throw invalidInput([{ path: place.path, message: "cannot be run" }]);
    const { org_id: orgId, project_id: projectId, user_id: userId, deployment_id: deploymentId } = row;
    const { name, settings } = stored;
    return {
      workflow: { orgId, workflowId, deploymentId, projectId, userId, name, settings },
      ...{ node, before: new Set(place.before) },
    };
  }
}

interface Place {
  readonly item: unknown;
  readonly path: string;
  readonly before: readonly string[];
}

const LISTS = ["steps", "else", "default", "cases", "branches"];

/** A step in lists of steps, however deep it lies, and what is written before it. */
function findPlace(list: readonly unknown[], namespace: string, at: { path: string; before: string[] }): Place | null {
  for (const [index, item] of list.entries()) {
    if (!isRecord(item)) continue;
    const path = `${at.path}[${index}]`;
    if (item["namespace"] === namespace) return { item, path, before: at.before };
    if (typeof item["namespace"] === "string") at.before.push(item["namespace"]);
    for (const name of LISTS) {
      const inner = item[name];
      if (!Array.isArray(inner)) continue;
      const found = findPlace(inner, namespace, { path: `${path}.${name}`, before: at.before });
      if (found) return found;
    }
  }
  return null;
}
