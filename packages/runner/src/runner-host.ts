import { freemem, totalmem } from "node:os";
import { chmod, mkdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import { AddressPolicy, HostResolver, type ResolveHost } from "./egress/index.ts";
import type { RunnerEvent, RunnerStats, SandboxTierReport } from "./events.ts";
import { inspectComponent, inspectComponents, type InspectionPorts } from "./inspection.ts";
import type {
  CodeBundle,
  ComponentCodeError,
  ComponentDefinition,
  Deployment,
  Invocation,
  InvocationListener,
  InvocationResult,
} from "./invocation.ts";
import {
  findTools,
  prepareRuntimeLayer,
  runnerStateDir,
  UidPool,
  type InsideEntry,
  type Launcher,
  type SandboxTier,
} from "./launch/index.ts";
import { DeploymentRunner, SandboxPool, Watchdog } from "./pool/index.ts";
import { selectTier } from "./select-tier.ts";

export interface RunnerHostOptions {
  /** For sockets, the runtime layer and, by default, the store. */
  readonly workDir: string;
  /** Node 24 or later. */
  readonly nodePath: string;
  readonly egress: {
    /** CIDRs or addresses that user code may reach besides public ones. */
    readonly allow: readonly string[];
    /** Its host and port are reachable wherever they resolve to. */
    readonly publicUrl?: string;
    /** Instead of the hosts file and DNS. */
    readonly resolve?: ResolveHost;
  };
  /** Holds all dependency directories; default: `store` in `runnerStateDir(workDir)`. */
  readonly storeDir?: string;
  /** Insists on a tier instead of taking the best. */
  readonly tier?: SandboxTier;
  /** Most processes bound to deployments at once. */
  readonly maxProcesses?: number;
  readonly blankCount?: number;
  readonly idleTimeoutMs?: number;
  /** Dependency directory that blank sandboxes load in advance. */
  readonly platformDir?: string | null;
  /** Where to look for bwrap, setpriv, prlimit and nft. */
  readonly executableDirs?: readonly string[];
  /** Another program than our own inside the sandbox. */
  readonly inside?: InsideEntry;
  onEvent?(event: RunnerEvent): void;
}

const BLANK_COUNT = 2;
const IDLE_TIMEOUT_MS = 5 * 60_000;
/** A warm process of a component with axios takes about 20 MB of its own; half the machine is for them. */
const BYTES_PER_PROCESS = 40 * 1024 * 1024;
const MEMORY_SHARE = 0.5;
const MIN_PROCESSES = 8;
const MAX_SWEEP_MS = 30_000;
const LOW_MEMORY_SHARE = 0.15;

/** Runs user code in sandboxed processes, one or more for each deployment. */
export class RunnerHost {
  readonly tier: SandboxTierReport;
  /** Dependency directories must lie in here. */
  readonly storeDir: string;
  readonly #launcher: Launcher;
  readonly #uids: UidPool;
  readonly #options: RunnerHostOptions;
  readonly #pool: SandboxPool;
  readonly #watchdog = new Watchdog();
  readonly #runners = new Map<string, DeploymentRunner>();
  /** Retired ones that have not ended yet. */
  readonly #leaving = new Set<DeploymentRunner>();
  readonly #sweeper: NodeJS.Timeout;
  #runs = 0;
  #isStopped = false;

  private constructor(options: RunnerHostOptions, parts: HostParts) {
    this.#options = options;
    this.tier = parts.report;
    this.storeDir = parts.storeDir;
    this.#launcher = parts.launcher;
    this.#uids = parts.uids;
    this.#pool = new SandboxPool({
      launcher: parts.launcher,
      blankCount: options.blankCount ?? BLANK_COUNT,
      maxProcesses: options.maxProcesses ?? mostProcesses(),
      evictIdle: () => this.#evictLeastRecentlyUsed(),
      onStartFailed: (message) => options.onEvent?.({ type: "startFailed", message }),
    });
    const idleTimeoutMs = options.idleTimeoutMs ?? IDLE_TIMEOUT_MS;
    this.#sweeper = setInterval(() => this.sweep(), Math.min(idleTimeoutMs, MAX_SWEEP_MS)).unref();
  }

  /**
   * Finds the best tier that works here and starts the first blank sandboxes.
   * @throws SandboxEndedError when no process can be started at all, or not in the tier insisted on.
   */
  static async start(options: RunnerHostOptions): Promise<RunnerHost> {
    const stateDir = await runnerStateDir(options.workDir);
    const storeDir = options.storeDir ?? join(stateDir, "store");
    const isNew = (await mkdir(storeDir, { recursive: true })) !== undefined;
    if (isNew) await chmod(storeDir, 0o755);
    const tools = await findTools(options.executableDirs);
    const layer = await prepareRuntimeLayer({
      stateDir,
      nodePath: options.nodePath,
      prlimit: tools.prlimit,
      ...(options.inside === undefined ? {} : { inside: options.inside }),
    });
    const { egress } = options;
    const resolver = new HostResolver();
    const uids = new UidPool();
    const selected = await selectTier(options.tier ?? null, {
      tools,
      layer,
      uids,
      stateDir,
      storeDir: await realpath(storeDir),
      platformDir: options.platformDir ?? null,
      policy: new AddressPolicy(egress),
      resolve: egress.resolve ?? ((host) => resolver.resolve(host)),
    });
    const host = new RunnerHost(options, { ...selected, uids, storeDir: await realpath(storeDir) });
    host.#pool.adopt(selected.blank);
    return host;
  }

  /**
   * Imports the module in a throw-away sandbox without network and reads what it exports.
   * @throws ComponentCodeError when it is no component; SandboxEndedError when no sandbox could be had.
   */
  inspect(bundle: CodeBundle, options: { orgId: string; timeoutMs?: number }): Promise<ComponentDefinition> {
    return inspectComponent(this.#inspectionPorts(), { bundle, timeoutMs: options.timeoutMs });
  }

  /**
   * Like `inspect` for many modules of one author, in one sandbox: what they import is loaded once.
   * @returns in their order what each is, or why it is none. @throws SandboxEndedError
   */
  inspectAll(bundles: readonly CodeBundle[]): Promise<(ComponentDefinition | ComponentCodeError)[]> {
    return inspectComponents(this.#inspectionPorts(), bundles);
  }

  /** Runs one invocation of a deployment, starting its process when there is none. Never rejects for what user code does. */
  async invoke(
    deployment: Deployment,
    invocation: Invocation,
    listener?: InvocationListener,
  ): Promise<InvocationResult> {
    const result = await this.#runnerOf(deployment).invoke(invocation, listener);
    this.#runs++;
    return result;
  }

  /** Lets sandboxes that are started from now on load a dependency directory of the store in advance; null for none. */
  usePlatformDir(dir: string | null): void {
    this.#launcher.usePlatformDir(dir);
  }

  /** Lets a deployment's runs end, then ends its processes. */
  retire(deploymentId: string): void {
    const runner = this.#runners.get(deploymentId);
    if (runner === undefined) return;
    this.#runners.delete(deploymentId);
    this.#leaving.add(runner);
    runner.retire();
  }

  stats(): RunnerStats {
    const runners = [...this.#runners.values(), ...this.#leaving];
    return {
      tier: this.tier.tier,
      processes: this.#pool.inUse,
      blanks: this.#pool.blankCount,
      deployments: this.#runners.size,
      inFlight: runners.reduce((sum, runner) => sum + runner.inFlight, 0),
      queued: runners.reduce((sum, runner) => sum + runner.queued, 0),
      stuck: runners.reduce((sum, runner) => sum + runner.stuck, 0),
      runs: this.#runs,
    };
  }

  /** One round of tidying: ends what has been idle for long, earlier when memory runs low. */
  sweep(): void {
    const idleTimeoutMs = this.#options.idleTimeoutMs ?? IDLE_TIMEOUT_MS;
    const now = performance.now();
    for (const [id, runner] of this.#runners) {
      if (runner.isIdle && now - runner.lastUsedMs >= idleTimeoutMs) {
        runner.evict();
        this.#runners.delete(id);
      }
    }
    for (const runner of this.#leaving) if (runner.isIdle && runner.processCount === 0) this.#leaving.delete(runner);
    if (freemem() < totalmem() * LOW_MEMORY_SHARE) this.#evictLeastRecentlyUsed();
  }

  /** Ends everything at once; what runs is answered with `UNAVAILABLE`. */
  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    clearInterval(this.#sweeper);
    for (const runner of [...this.#runners.values(), ...this.#leaving]) runner.stop();
    await this.#pool.stop();
    this.#watchdog.stop();
    this.#uids.close();
  }

  #inspectionPorts(): InspectionPorts {
    return { pool: this.#pool, pathInside: (path) => this.#launcher.pathInside(path) };
  }

  #runnerOf(deployment: Deployment): DeploymentRunner {
    const known = this.#runners.get(deployment.id);
    if (known !== undefined) return known;
    const runner = new DeploymentRunner(deployment, {
      pool: this.#pool,
      watchdog: this.#watchdog,
      pathInside: (path) => this.#launcher.pathInside(path),
      onEvent: (event) => this.#options.onEvent?.(event),
    });
    this.#runners.set(deployment.id, runner);
    return runner;
  }

  #evictLeastRecentlyUsed(): boolean {
    const idle = this.#runners.values().filter((runner) => runner.isIdle && runner.processCount > 0);
    const [oldest] = [...idle].toSorted((left, right) => left.lastUsedMs - right.lastUsedMs);
    oldest?.evict();
    return oldest !== undefined;
  }
}

/** By the memory of the machine, or of the container where that is less. */
function mostProcesses(): number {
  const memoryBytes = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  return Math.max(MIN_PROCESSES, Math.floor((memoryBytes * MEMORY_SHARE) / BYTES_PER_PROCESS));
}

interface HostParts {
  readonly report: SandboxTierReport;
  readonly launcher: Launcher;
  readonly uids: UidPool;
  readonly storeDir: string;
}
