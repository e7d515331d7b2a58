import { isDeepStrictEqual } from "node:util";
import type { JsonObject } from "@millrace/runner";
import type { Kysely } from "kysely";
import { ApiError } from "../core/index.ts";
import type { Database, Schema } from "../db/index.ts";
import type { Subscriptions } from "../events/index.ts";
import type { Endpoints, SecretProps, Sources } from "../sources/index.ts";
import type { SourceConfig, StoredTrigger } from "./definition/index.ts";
import type { PlannedTrigger, SourceToDeploy } from "./trigger-planner.ts";
import { writeTriggers, type TriggerOwner, type TriggerRow } from "./trigger-rows.ts";

export interface TriggerDeploymentOptions {
  db: Database;
  sources: Sources;
  secrets: Pick<SecretProps, "open">;
  endpoints: Endpoints;
  subscriptions: Pick<Subscriptions, "listen" | "unlisten">;
  onError(error: unknown): void;
}

/** What a workflow gets in place of the triggers that it has. */
export interface TriggerChange {
  readonly owner: TriggerOwner;
  readonly userId: string | null;
  readonly planned: readonly PlannedTrigger[];
  readonly old: readonly TriggerRow[];
  readonly isActive: boolean;
  /** Writes the workflow itself, in the transaction that writes its triggers and before them. */
  write(trx: Kysely<Schema>, triggers: readonly StoredTrigger[]): Promise<void>;
}

/** Puts the triggers of a workflow in place: all of them with the workflow, or none. */
export class TriggerDeployment {
  readonly #options: TriggerDeploymentOptions;

  constructor(options: TriggerDeploymentOptions) {
    this.#options = options;
  }

  /**
   * Deploys new sources, changes those whose configuration changed, writes everything, and then removes what is no
   * longer wanted. A new source counts only when all else has been written: whatever fails takes it back.
   * @throws ApiError 422 for hooks that fail, 409 from `write`
   */
  async deploy(change: TriggerChange): Promise<void> {
    const triggers: (StoredTrigger | null)[] = change.planned.map((one) => ("trigger" in one ? one.trigger : null));
    const created = await this.#deployNew(change, { triggers, from: 0 });
    if (!change.isActive) for (const id of created) await this.#switch(change.owner, { id, active: false });
    const kept = new Set(triggers.map((trigger) => trigger?.id));
    for (const row of change.old) {
      if (row.kind === "source" && row.isOwned && !kept.has(row.id))
        await this.removeSource(change.owner.orgId, row.id);
    }
  }

  /** Removes a source that was deployed with a workflow; a hook that throws does not keep it. */
  async removeSource(orgId: string, sourceId: string): Promise<void> {
    try {
      await this.#options.sources.delete([orgId], sourceId, { ignoreHookErrors: true });
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) this.#options.onError(error);
    }
  }

  /** Activates or deactivates a workflow's own source. @throws ApiError 422 when activating fails */
  async switchSource(orgId: string, { sourceId, active }: { sourceId: string; active: boolean }): Promise<void> {
    await this.#options.sources.update([orgId], sourceId, { active, ignoreHookErrors: !active });
  }

  /** One source within the other, so that each is taken back when a later one fails. Answers the ids of all. */
  async #deployNew(
    change: TriggerChange,
    { triggers, from }: { triggers: (StoredTrigger | null)[]; from: number },
  ): Promise<string[]> {
    const index = change.planned.findIndex((one, at) => at >= from && "deploy" in one && one.deploy.sourceId === null);
    const planned = change.planned[index];
    if (!planned || !("deploy" in planned)) {
      await this.#changeSources(change, triggers);
      await this.#write(change, triggers);
      return [];
    }
    const { deploy } = planned;
    const config = await deploy.save();
    const inner: { error: unknown; ids: string[] } = { error: null, ids: [] };
    const { owner, userId } = change;
    const onDeployed = async (sourceId: string): Promise<void> => {
      triggers[index] = { kind: "source", id: sourceId, key: null, config };
      try {
        inner.ids = await this.#deployNew(change, { triggers, from: index + 1 });
      } catch (error) {
        inner.error = error;
        throw error;
      }
    };
    const request = { ...sourceOf(deploy, config), orgId: owner.orgId, userId, onDeployed };
    try {
      const { id } = await this.#options.sources.create(request);
      return [id, ...inner.ids];
    } catch (error) {
      throw error === inner.error ? error : withPath(error, deploy.path);
    }
  }

  async #changeSources(change: TriggerChange, triggers: (StoredTrigger | null)[]): Promise<void> {
    const { orgId } = change.owner;
    for (const [index, planned] of change.planned.entries()) {
      if (!("deploy" in planned) || planned.deploy.sourceId === null) continue;
      const { deploy } = planned;
      const id = planned.deploy.sourceId;
      const config = await deploy.save();
      triggers[index] = { kind: "source", id, key: null, config };
      const old = await this.#oldProps(change, id);
      const gone = Object.keys(old ?? {}).filter((name) => !(name in deploy.props));
      const configuredProps = { ...Object.fromEntries(gone.map((name) => [name, null])), ...deploy.props };
      if (isDeepStrictEqual(old, deploy.props) && deploy.name === null) continue;
      try {
        await this.#options.sources.update([orgId], id, { ...sourceOf(deploy, config), configuredProps });
      } catch (error) {
        throw withPath(error, deploy.path);
      }
    }
  }

  /** What the version before configured a source with. */
  async #oldProps({ owner, old }: TriggerChange, sourceId: string): Promise<JsonObject | null> {
    const row = old.find(({ id }) => id === sourceId);
    return row?.kind === "source" && row.config ? this.#options.secrets.open(owner.orgId, row.config.props) : null;
  }

  async #write(change: TriggerChange, triggers: readonly (StoredTrigger | null)[]): Promise<void> {
    const { db, endpoints, subscriptions } = this.#options;
    const next = triggers.filter((trigger) => trigger !== null);
    await db.transaction(async (trx) => {
      await change.write(trx, next);
      const writing = { trx, endpoints, subscriptions, nowMs: Date.now() };
      await writeTriggers(writing, change.owner, { old: change.old, next, isActive: change.isActive });
    });
  }

  async #switch({ orgId }: TriggerOwner, { id, active }: { id: string; active: boolean }): Promise<void> {
    await this.switchSource(orgId, { sourceId: id, active }).catch((error: unknown) => this.#options.onError(error));
  }
}

function sourceOf(deploy: SourceToDeploy, config: SourceConfig) {
  const name = deploy.name ?? undefined;
  return { componentId: config.componentId, configuredProps: deploy.props, name };
}

/** The same failure, saying of which trigger. */
function withPath(error: unknown, path: string): unknown {
  if (!(error instanceof ApiError)) return error;
  const details = error.details?.map((detail) => ({ ...detail, path: `${path}.${detail.path}` }));
  return new ApiError(error.code, error.message, {
    cause: error,
    ...(details && { details }),
    ...(error.userStack !== undefined && { userStack: error.userStack }),
    ...(error.retryAfterSeconds !== undefined && { retryAfterSeconds: error.retryAfterSeconds }),
  });
}
