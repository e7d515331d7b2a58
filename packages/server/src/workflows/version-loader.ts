import type { CodeBundle, Deployment } from "@millrace/runner";
import type { Database } from "../db/index.ts";
import type { Components } from "../registry/index.ts";
import type { SecretProps } from "../sources/index.ts";
import {
  leavesOf,
  mapLeaves,
  type CodeStep,
  type LoadedVersion,
  type StoredDefinition,
  type StoredStep,
} from "./definition/index.ts";
import { WORKFLOWS_TOPIC } from "./workflow-rows.ts";

export interface VersionLoaderOptions {
  db: Database;
  components: Pick<Components, "findMany" | "bundleOf">;
  secrets: Pick<SecretProps, "open">;
}

/** Which version of a workflow new runs take. */
export interface CurrentVersion {
  readonly isActive: boolean;
  readonly deploymentId: string;
}

const MAX_VERSIONS = 2_000;
const MAX_WORKFLOWS = 50_000;

/** Brings versions of workflows into memory, ready to be run. A version never changes, so it stays until there are too many. */
export class VersionLoader {
  readonly #options: VersionLoaderOptions;
  readonly #versions = new Map<string, Promise<LoadedVersion | null>>();
  readonly #current = new Map<string, Promise<CurrentVersion | null>>();
  #stopListening: (() => void) | null = null;

  constructor(options: VersionLoaderOptions) {
    this.#options = options;
  }

  /** Hears from every node which workflows changed. */
  start(): void {
    this.#stopListening = this.#options.db.listen(WORKFLOWS_TOPIC, (hint) => {
      if (hint.type === "message" && typeof hint.payload === "string") this.#current.delete(hint.payload);
      else this.#current.clear();
    });
  }

  stop(): void {
    this.#stopListening?.();
    this.#stopListening = null;
  }

  /** Asks anew which version a workflow runs. */
  forget({ orgId, workflowId }: { orgId: string; workflowId: string }): void {
    this.#current.delete(`${orgId} ${workflowId}`);
  }

  /** Null when the workspace has no such workflow. */
  async current({ orgId, workflowId }: { orgId: string; workflowId: string }): Promise<CurrentVersion | null> {
    return remembered(this.#current, {
      key: `${orgId} ${workflowId}`,
      limit: MAX_WORKFLOWS,
      read: () => this.#readCurrent(orgId, workflowId),
    });
  }

  /** Null when the workspace has no such version. */
  async load(orgId: string, deploymentId: string): Promise<LoadedVersion | null> {
    return remembered(this.#versions, {
      key: `${orgId} ${deploymentId}`,
      limit: MAX_VERSIONS,
      read: () => this.#read(orgId, deploymentId),
    });
  }

  async #readCurrent(orgId: string, workflowId: string): Promise<CurrentVersion | null> {
    const row = await this.#options.db.kysely
      .selectFrom("workflows")
      .select(["active", "deployment_id"])
      .where("org_id", "=", orgId)
      .where("workflow_id", "=", workflowId)
      .executeTakeFirst();
    return row ? { isActive: row.active, deploymentId: row.deployment_id } : null;
  }

  async #read(orgId: string, deploymentId: string): Promise<LoadedVersion | null> {
    const row = await this.#options.db.kysely
      .selectFrom("workflow_versions as version")
      .innerJoin("workflows as workflow", "workflow.workflow_id", "version.workflow_id")
      .select(["version.workflow_id", "definition", "project_id", "user_id"])
      .where("version.org_id", "=", orgId)
      .where("version.deployment_id", "=", deploymentId)
      .executeTakeFirst();
    if (!row) return null;
    const { name, settings, steps } = JSON.parse(row.definition) as StoredDefinition;
    const leaves = leavesOf<StoredStep>(steps);
    const workflowId = row.workflow_id;
    return {
      ...{ orgId, workflowId, deploymentId, projectId: row.project_id, userId: row.user_id, name, settings },
      steps: mapLeaves(steps, await this.#openSteps(orgId, leaves)),
      deployment: {
        id: `${workflowId}:${deploymentId}`,
        orgId,
        memoryMb: settings.memoryMb,
        ...(await this.#codeOf(orgId, leaves)),
      },
    };
  }

  async #openSteps(orgId: string, leaves: readonly StoredStep[]): Promise<(step: StoredStep) => CodeStep> {
    const scripts = await this.#options.components.findMany(
      orgId,
      leaves.filter(({ lang }) => lang !== "nodejs").map(({ componentId }) => componentId),
    );
    const opened = new Map<StoredStep, CodeStep>();
    for (const step of leaves) {
      const { runtime: _runtime, inputs, props, ...kept } = step;
      opened.set(step, {
        ...kept,
        code: scripts.get(step.componentId)?.code ?? null,
        props: await this.#options.secrets.open(orgId, props),
        dynamicProps: inputs,
      });
    }
    return (step) => opened.get(step) as CodeStep;
  }

  async #codeOf(
    orgId: string,
    leaves: readonly StoredStep[],
  ): Promise<Pick<Deployment, "bundle" | "modules" | "needsSystem" | "env">> {
    const modules: Record<string, CodeBundle> = {};
    for (const { namespace, componentId, lang } of leaves) {
      if (lang === "nodejs") modules[namespace] = await this.#options.components.bundleOf({ orgId, componentId });
    }
    const needsSystem = leaves.some(({ lang }) => lang !== "nodejs");
    return { bundle: null, modules, needsSystem, env: {} };
  }
}

interface Remembering<T> {
  /** Begins with the workspace: what was read for one is no answer for another. */
  readonly key: string;
  readonly limit: number;
  read(): Promise<T | null>;
}

/** Callers that ask at once share one reading; what is not there, and what failed, is not kept. */
async function remembered<T>(known: Map<string, Promise<T | null>>, ask: Remembering<T>): Promise<T | null> {
  const { key } = ask;
  const found = known.get(key);
  if (found) return found;
  const oldest = known.keys().next();
  if (known.size >= ask.limit && !oldest.done) known.delete(oldest.value);
  const reading = ask.read();
  known.set(key, reading);
  const drop = (): void => {
    if (known.get(key) === reading) known.delete(key);
  };
  return reading.then(
    (value) => {
      if (value === null) drop();
      return value;
    },
    (error: unknown) => {
      drop();
      throw error;
    },
  );
}
