import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, mkdir, open, rm } from "node:fs/promises";
import type { Socket } from "node:net";
import { realpathSync } from "node:fs";
import { join, relative } from "node:path";
import type { Readable } from "node:stream";
import { EgressGate, type AddressPolicy, type EgressAttempt, type ResolveHost } from "../egress/index.ts";
import { commandLine, SECCOMP_FD, STORE_INSIDE } from "./command-line.ts";
import { descendantsOf } from "./descendants.ts";
import { refuseNetworkByUid } from "./firewall.ts";
import { removeLeftovers, SOCKETS_DIR, TMP_DIR } from "./leftovers.ts";
import type { RuntimeLayer } from "./runtime-layer.ts";
import type { SandboxTier, SandboxTools } from "./tools.ts";
import { treeUsage } from "./tree-usage.ts";
import type { UidPool } from "./uid-pool.ts";

export interface LauncherOptions {
  readonly tier: SandboxTier;
  readonly tools: SandboxTools;
  readonly layer: RuntimeLayer;
  readonly uids: UidPool;
  readonly stateDir: string;
  readonly storeDir: string;
  readonly usesPermissions: boolean;
  readonly policy: AddressPolicy;
  readonly resolve: ResolveHost;
}

export interface LaunchSpec {
  readonly memoryMb: number;
  /** Shows it the system's programs, which Python and Bash steps need. */
  readonly needsSystem?: boolean;
  onEgress?(attempt: EgressAttempt): void;
}

/** How a process ended, as the operating system tells it. */
export interface ProcessEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Last words on standard error. */
  readonly stderrTail: string;
}

/** A started process and what belongs to it alone. */
export interface LaunchedProcess {
  readonly pid: number;
  /** Its fd 3. */
  readonly channel: Socket;
  readonly egress: EgressGate;
  /** Resolves when nothing of it is left. */
  readonly ended: Promise<ProcessEnd>;
  /** What it and its children take; `childCount` is of those that user code started. */
  usage(): { readonly memoryBytes: number; readonly childCount: number };
  kill(): void;
}

const BWRAP_AND_NODE = 2;
const STDERR_TAIL_BYTES = 16_384;
/** A process outside that holds on to our pipes must not hold up the end of its parent. */
const PIPES_GRACE_MS = 2_000;

/** Starts sandboxed processes of one tier. */
export class Launcher {
  readonly tier: SandboxTier;
  readonly #options: LauncherOptions;
  /** As seen inside. */
  #platformDir: string | null = null;
  #count = 0;

  private constructor(options: LauncherOptions) {
    this.#options = options;
    this.tier = options.tier;
  }

  /** Prepares what all processes of the tier share. @throws when the tier cannot be had. */
  static async create(options: LauncherOptions): Promise<Launcher> {
    for (const dir of [SOCKETS_DIR, TMP_DIR].map((name) => join(options.stateDir, name))) {
      await mkdir(dir, { recursive: true });
      await chmod(dir, 0o711);
    }
    await removeLeftovers(options.stateDir);
    if (options.tier === "B") await refuseNetworkByUid(options.tools.nft ?? "nft");
    return new Launcher(options);
  }

  /** Lets the sandboxes that are started from now on load a dependency directory before they have a deployment. */
  usePlatformDir(dir: string | null): void {
    this.#platformDir = dir === null ? null : this.pathInside(dir);
  }

  /** A host path below the store as the sandbox sees it. @throws when it lies elsewhere or is not there. */
  pathInside(path: string | null): string | null {
    if (path === null) return null;
    const real = realpathSync(path);
    const below = relative(this.#options.storeDir, real);
    if (below.startsWith("..")) throw new Error(`${path} is not in the dependency store`);
    return this.tier === "A" ? join(STORE_INSIDE, below) : real;
  }

  /** Starts a process. It has no network until its gate is opened. @throws when not even the command could be started. */
  async launch(spec: LaunchSpec): Promise<LaunchedProcess> {
    const { tools, uids } = this.#options;
    const uid = tools.isRoot && tools.setpriv !== null ? await uids.take() : null;
    const name = `${process.pid}-${this.#count++}`;
    const owned = {
      uid,
      tmpDir: join(this.#options.stateDir, TMP_DIR, name),
      socketPath: join(this.#options.stateDir, SOCKETS_DIR, name),
    };
    const egress = new EgressGate({
      socketPath: owned.socketPath,
      policy: this.#options.policy,
      resolve: this.#options.resolve,
      ...(spec.onEgress === undefined ? {} : { onAttempt: spec.onEgress }),
    });
    try {
      await this.#prepare(egress, owned);
      const started = await this.#spawn(spec, owned);
      return this.#launched(started, { egress, owned, hasScripts: spec.needsSystem === true });
    } catch (error) {
      await this.#release(egress, owned);
      throw error;
    }
  }

  async #prepare(egress: EgressGate, owned: Owned): Promise<void> {
    await egress.listen();
    if (owned.uid !== null) await chown(owned.socketPath, owned.uid, owned.uid);
    if (this.tier === "A") return;
    await mkdir(owned.tmpDir, { mode: 0o700 });
    if (owned.uid !== null) await chown(owned.tmpDir, owned.uid, owned.uid);
  }

  async #spawn({ memoryMb, needsSystem = false }: LaunchSpec, owned: Owned): Promise<Started> {
    const { layer } = this.#options;
    const isConfined = this.tier === "A";
    const command = commandLine({
      ...this.#options,
      ...owned,
      memoryMb,
      needsSystem,
      platformDir: this.#platformDir,
      egressSocket: owned.socketPath,
    });
    const seccomp = isConfined && layer.seccompPath !== null ? await open(layer.seccompPath) : null;
    try {
      const child = spawn(command.file, command.args, {
        // fd 3 is the channel, fd 4 the filter that bwrap reads and closes.
        stdio: ["ignore", "ignore", "pipe", "pipe", seccomp?.fd ?? "ignore"].slice(0, SECCOMP_FD + 1) as "pipe"[],
        env: {},
        cwd: isConfined ? "/" : owned.tmpDir,
        // A process group of its own, to be killed as a whole: bwrap's child waits for ever when bwrap dies during the start.
        detached: true,
      });
      if (child.pid === undefined) await once(child, "spawn");
      // Listened for in this very turn: a command that fails at once would otherwise end unnoticed.
      return { child, ended: endOf(child) };
    } finally {
      await seccomp?.close();
    }
  }

  #launched(
    { child, ended: processEnded }: Started,
    { egress, owned, hasScripts }: { egress: EgressGate; owned: Owned; hasScripts: boolean },
  ): LaunchedProcess {
    const pid = child.pid as number;
    const channel = child.stdio[3] as Socket;
    channel.on("error", () => channel.destroy());
    const ended = processEnded.then(async (end) => {
      await this.#release(egress, owned);
      return end;
    });
    let isGone = false;
    void ended.then(() => (isGone = true));
    const usage = () => {
      const { memoryBytes, processCount } = treeUsage(pid);
      return { memoryBytes, childCount: Math.max(0, processCount - (this.tier === "A" ? BWRAP_AND_NODE : 1)) };
    };
    const kill = (): void => {
      if (isGone) return;
      // Scripts have process groups of their own; only tier A ends them with the namespace.
      const scripts = hasScripts && this.tier !== "A" ? descendantsOf(pid) : [];
      for (const target of [-pid, ...scripts]) killNow(target);
    };
    return { pid, channel, egress, ended, usage, kill };
  }

  async #release(egress: EgressGate, owned: Owned): Promise<void> {
    await egress.close();
    await rm(owned.tmpDir, { recursive: true, force: true });
    if (owned.uid !== null) this.#options.uids.release(owned.uid);
  }
}

interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<ProcessEnd>;
}

interface Owned {
  readonly uid: number | null;
  readonly tmpDir: string;
  readonly socketPath: string;
}

/** A process, or with a negative number a process group. */
function killNow(target: number): void {
  try {
    process.kill(target, "SIGKILL");
  } catch {
    // It is gone already, which is what was wanted.
  }
}

async function endOf(child: ChildProcess): Promise<ProcessEnd> {
  let tail = "";
  const stderr = child.stderr as Readable;
  stderr.setEncoding("utf8").on("data", (text: string) => (tail = (tail + text).slice(-STDERR_TAIL_BYTES)));
  const closed = once(child, "close");
  const [exitCode, signal] = (await once(child, "exit")) as [number | null, string | null];
  const grace = Promise.withResolvers<void>();
  const timer = setTimeout(grace.resolve, PIPES_GRACE_MS);
  await Promise.race([closed, grace.promise]);
  clearTimeout(timer);
  child.stdio.forEach((stream) => stream?.destroy());
  return { exitCode, signal, stderrTail: tail };
}
