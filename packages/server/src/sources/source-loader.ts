import type { CodeBundle } from "@millrace/runner";
import type { Database, Schema } from "../db/index.ts";
import { notifyWithin } from "../db/index.ts";
import { sql, type Kysely } from "kysely";
import type { SourceComponents } from "./source-parts.ts";
import { accountsOf } from "./configured-props.ts";
import { endpointsOf } from "./interface-rows.ts";
import type { LoadedSource } from "./loaded-source.ts";
import type { SecretProps } from "./secret-props.ts";

export interface SourceLoaderOptions {
  db: Database;
  components: SourceComponents;
  secrets: SecretProps;
  memoryMb: number;
  /** A version that this node had in memory is no longer the one to run. */
  onReplaced(deploymentId: string): void;
}

/** What identifies a source. */
export interface SourceKey {
  readonly orgId: string;
  readonly sourceId: string;
}

const TOPIC = "sources";
const MAX_ENTRIES = 10_000;

/** Brings sources into memory, ready to run, and keeps them there until something about them changes. */
export class SourceLoader {
  readonly #options: SourceLoaderOptions;
  readonly #loaded = new Map<string, Promise<LoadedSource | null>>();
  #stopListening: (() => void) | null = null;

  constructor(options: SourceLoaderOptions) {
    this.#options = options;
  }

  start(): void {
    this.#stopListening = this.#options.db.listen(TOPIC, (hint) => {
      if (hint.type === "message" && typeof hint.payload === "string") this.forget(hint.payload);
      else for (const sourceId of [...this.#loaded.keys()]) this.forget(sourceId);
    });
  }

  stop(): void {
    this.#stopListening?.();
    this.#stopListening = null;
  }

  /** The source as it is to run now; null when there is none. */
  async load(key: SourceKey): Promise<LoadedSource | null> {
    const known = this.#loaded.get(key.sourceId);
    if (known) {
      const source = await known;
      return source?.orgId === key.orgId ? source : null;
    }
    if (this.#loaded.size >= MAX_ENTRIES) this.#loaded.clear();
    const loading = this.#read(key);
    this.#loaded.set(key.sourceId, loading);
    try {
      const source = await loading;
      if (!source) this.#drop(key.sourceId, loading);
      return source;
    } catch (error) {
      this.#drop(key.sourceId, loading);
      throw error;
    }
  }

  /** Drops a source from memory; the next use reads it anew. */
  forget(sourceId: string): void {
    const known = this.#loaded.get(sourceId);
    if (!known) return;
    this.#loaded.delete(sourceId);
    known.then(
      (source) => source && void this.#retireIfReplaced(source),
      () => {},
    );
  }

  /** Within the transaction that changes a source: tells every node when it commits. */
  async announce(trx: Kysely<Schema>, sourceId: string): Promise<void> {
    await notifyWithin(trx, { topic: TOPIC, payload: sourceId });
  }

  async #retireIfReplaced(old: LoadedSource): Promise<void> {
    const current = await this.load(old).catch(() => old);
    if (current?.deploymentId !== old.deploymentId) this.#options.onReplaced(old.deployment.id);
  }

  #drop(sourceId: string, loading: Promise<LoadedSource | null>): void {
    if (this.#loaded.get(sourceId) === loading) this.#loaded.delete(sourceId);
  }

  async #read({ orgId, sourceId }: SourceKey): Promise<LoadedSource | null> {
    const { db, components, secrets, memoryMb } = this.#options;
    const row = await db.kysely
      .selectFrom("sources")
      .select(["component_id", "deployment_id", "state", "configured_props", IS_FREE.as("is_free")])
      .where("org_id", "=", orgId)
      .where("source_id", "=", sourceId)
      .executeTakeFirst();
    const component = row && (await components.find(orgId, row.component_id));
    if (!row || !component) return null;
    const [bundle, props, endpoints] = await Promise.all([
      components.bundleOf(component),
      secrets.open(orgId, row.configured_props),
      endpointsOf(db.kysely, { orgId, sourceId }),
    ]);
    return {
      orgId,
      sourceId,
      deploymentId: row.deployment_id,
      state: row.state,
      isBilled: !row.is_free,
      definition: component.definition,
      deployment: deploymentOf({ orgId, sourceId, deploymentId: row.deployment_id, bundle, memoryMb }),
      props,
      accounts: accountsOf(component.definition.configurableProps, props),
      endpoints: endpoints.map((endpoint) => ({
        key: endpoint.endpoint_key,
        propName: endpoint.prop_name,
        customResponse: endpoint.custom_response,
      })),
    };
  }
}

const IS_FREE = sql<boolean>`exists (
  select from workflow_triggers as trigger
  where trigger.org_id = sources.org_id and trigger.trigger_id = sources.source_id and trigger.is_owned)
  and exists (
    select from components as component join registry_versions as published using (key, version)
    where component.org_id = sources.org_id and component.component_id = sources.component_id)`;

function deploymentOf(of: {
  orgId: string;
  sourceId: string;
  deploymentId: string;
  bundle: CodeBundle;
  memoryMb: number;
}) {
  return {
    id: `${of.sourceId}:${of.deploymentId}`,
    orgId: of.orgId,
    bundle: of.bundle,
    memoryMb: of.memoryMb,
    env: { PD_COMPONENT: of.sourceId },
  };
}
