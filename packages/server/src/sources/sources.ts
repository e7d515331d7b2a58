import type { JsonObject, RunnerHost } from "@millrace/runner";
import type { Accounts, Vault } from "../accounts/index.ts";
import { ApiError, type Page, type PageRequest } from "../core/index.ts";
import { isUnavailable, type Database } from "../db/index.ts";
import type { ClaimedDelivery, CommitUnit, EventLog } from "../events/index.ts";
import { SourceDeliveries } from "./deliver.ts";
import type { Endpoints } from "./endpoints.ts";
import type { LoadedSource } from "./loaded-source.ts";
import type { Responders } from "./responders.ts";
import { SecretProps } from "./secret-props.ts";
import { SourceCreation, type NewSource } from "./source-creation.ts";
import { SourceHooks } from "./source-hooks.ts";
import { SourceInvoker } from "./source-invoker.ts";
import { SourceLoader } from "./source-loader.ts";
import type { SourceComponents, SourceNode, SourceParts, SourceSubscriptions } from "./source-parts.ts";
import { SourcePlanner } from "./source-planner.ts";
import { SourcePurge } from "./source-purge.ts";
import { SourceRecovery } from "./source-recovery.ts";
import { SourceReplies, type SourceReply } from "./source-reply.ts";
import { findSource, listSources } from "./source-rows.ts";
import { SourceRuns, type ManualRunReply, type RunReply, type TestEvent, type TestEventReply } from "./source-runs.ts";
import { SourceUpdate, type SourceChange } from "./source-update.ts";
import { SourcesInWork } from "./sources-in-work.ts";
import { UnstoredEvents } from "./unstored-events.ts";

export interface SourcesOptions {
  db: Database;
  log: Pick<EventLog, "commit">;
  runner: Pick<RunnerHost, "invoke" | "retire">;
  components: SourceComponents;
  accounts: Pick<Accounts, "credentialsFor">;
  vault: Pick<Vault, "seal" | "open">;
  subscriptions: SourceSubscriptions;
  endpoints: Endpoints;
  responders: Responders;
  node: SourceNode;
  timeoutMs?: number;
  memoryMb?: number;
  onError(error: unknown): void;
}

const DEFAULT_TIMEOUT_MS = 300_000;
const DEFAULT_MEMORY_MB = 256;
const RECOVERY_RETRY_MS = 2_000;

/** Event sources: deploying, changing, running and removing them. */
export class Sources {
  readonly #options: SourcesOptions;
  readonly #loader: SourceLoader;
  readonly #creation: SourceCreation;
  readonly #update: SourceUpdate;
  readonly #recovery: SourceRecovery;
  readonly #replies: SourceReplies;
  readonly #runs: SourceRuns;
  readonly #deliveries: SourceDeliveries;
  readonly #unstored: UnstoredEvents;
  #recoveryTimer: NodeJS.Timeout | null = null;

  constructor(options: SourcesOptions) {
    const { db, log, runner, components, endpoints, responders, subscriptions, node } = options;
    const secrets = new SecretProps(options);
    const memoryMb = options.memoryMb ?? DEFAULT_MEMORY_MB;
    const onReplaced = (deploymentId: string): void => runner.retire(deploymentId);
    const loader = new SourceLoader({ db, components, secrets, memoryMb, onReplaced });
    const invoker = new SourceInvoker({ ...options, timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS });
    const parts: SourceParts = {
      ...{ db, log, runner, components, endpoints, loader, secrets, subscriptions, node },
      planner: new SourcePlanner({ db, components }),
      hooks: new SourceHooks({ invoker, log }),
      purge: new SourcePurge({ db, endpoints, loader, subscriptions }),
      inWork: new SourcesInWork(node),
    };
    this.#options = options;
    this.#unstored = new UnstoredEvents({ db });
    this.#loader = loader;
    this.#creation = new SourceCreation(parts);
    this.#update = new SourceUpdate(parts);
    this.#recovery = new SourceRecovery(parts);
    this.#replies = new SourceReplies({ db, endpoints, secrets });
    this.#runs = new SourceRuns({ db, log, invoker });
    this.#deliveries = new SourceDeliveries({ loader, invoker, responders, unstored: this.#unstored });
  }

  /** Begins to hear of changes by other nodes. Call `recover` once runs are possible. */
  start(): void {
    this.#loader.start();
  }

  stop(): void {
    this.#loader.stop();
    this.#unstored.stop();
    if (this.#recoveryTimer) clearTimeout(this.#recoveryTimer);
    this.#recoveryTimer = null;
  }

  /**
   * Cleans up after deploys and updates that a crash cut off; at start, and when a node was lost. Deploys are gone when
   * it resolves; updates are brought to an end in the background, since their hooks may call this server.
   */
  async recover(): Promise<void> {
    const { settled } = await this.#recovery.recover();
    settled.catch((error: unknown) => this.#afterRecoveryFailed(error));
  }

  /**
   * Deploys a source. Only when its hooks have succeeded does it exist.
   * @throws ApiError 400 for props that do not fit, 422 for code or hooks that fail
   */
  async create(request: NewSource): Promise<SourceReply> {
    const owner = await this.#guard(() => this.#creation.create(request));
    return this.find([owner.orgId], owner.sourceId);
  }

  /** @throws ApiError 404, 400 for props that do not fit, 409 while another change is under way, 422 for failing hooks */
  async update(orgIds: readonly string[], sourceId: string, change: SourceChange): Promise<SourceReply> {
    await this.#guard(() => this.#update.update(orgIds, { sourceId, change }));
    return this.find(orgIds, sourceId);
  }

  /** @throws ApiError 404, 409 while another change is under way, 422 when `deactivate` throws: then the source stays */
  async delete(
    orgIds: readonly string[],
    sourceId: string,
    { ignoreHookErrors }: { ignoreHookErrors: boolean },
  ): Promise<void> {
    await this.#guard(() => this.#update.delete(orgIds, { sourceId, ignoreHookErrors }));
  }

  /** @throws ApiError 404 */
  async find(orgIds: readonly string[], sourceId: string): Promise<SourceReply> {
    const row = await findSource(this.#options.db.kysely, orgIds, sourceId);
    const [reply] = await this.#replies.describe([row]);
    if (!reply) throw new Error("A source has no reply");
    return reply;
  }

  /** Newest first. */
  async list(orgIds: readonly string[], page: PageRequest): Promise<Page<SourceReply>> {
    const { rows, totalCount } = await listSources(this.#options.db.kysely, orgIds, page);
    return { rows: await this.#replies.describe(rows), totalCount };
  }

  /** Runs a source now and answers when the run has ended; its failure is in the answer. @throws ApiError 404 */
  async run(orgIds: readonly string[], sourceId: string, event: JsonObject): Promise<ManualRunReply> {
    return this.#runs.runNow(await this.#load(orgIds, sourceId), event);
  }

  /** Emits a test event from a source. @throws ApiError 404, 400 for a reserved channel */
  async emitTestEvent(orgIds: readonly string[], sourceId: string, event: TestEvent): Promise<TestEventReply> {
    return this.#runs.emitTestEvent(await this.#load(orgIds, sourceId), event);
  }

  /** The source's runs, newest first. @throws ApiError 404 */
  async listRuns(orgIds: readonly string[], sourceId: string, page: PageRequest): Promise<Page<RunReply>> {
    const row = await findSource(this.#options.db.kysely, orgIds, sourceId);
    return this.#runs.list({ orgId: row.org_id, sourceId }, page);
  }

  /** What a delivery to a source comes to: a delivery handler for the listener prefix `dc_`. */
  handleDelivery(delivery: ClaimedDelivery): Promise<CommitUnit> {
    return this.#deliveries.handle(delivery);
  }

  async #load(orgIds: readonly string[], sourceId: string): Promise<LoadedSource> {
    const row = await findSource(this.#options.db.kysely, orgIds, sourceId);
    const source = await this.#loader.load({ orgId: row.org_id, sourceId });
    if (!source) throw new ApiError("not_found", `Source ${sourceId} not found`);
    return source;
  }

  /**
   * A database that goes away in the middle of a change leaves it half done: that is finished once it is back. And what
   * seems to be under way elsewhere may have been left by a node that died.
   */
  async #guard<T>(change: () => Promise<T>): Promise<T> {
    try {
      return await change();
    } catch (error) {
      const isConflict = error instanceof ApiError && error.code === "conflict";
      if (isConflict || isUnavailable(error)) this.#scheduleRecovery();
      throw error;
    }
  }

  #scheduleRecovery(): void {
    this.#recoveryTimer ??= setTimeout(() => {
      this.#recoveryTimer = null;
      this.recover().catch((error: unknown) => this.#afterRecoveryFailed(error));
    }, RECOVERY_RETRY_MS);
    this.#recoveryTimer.unref();
  }

  #afterRecoveryFailed(error: unknown): void {
    if (isUnavailable(error)) this.#scheduleRecovery();
    else this.#options.onError(error);
  }
}
