import type { Launcher } from "../launch/index.ts";
import type { EndReason } from "./end-reason.ts";
import { Sandbox, SandboxEndedError, type SandboxOwner } from "./sandbox.ts";

export interface SandboxPoolOptions {
  readonly launcher: Launcher;
  /** How many blank sandboxes wait for a deployment. */
  readonly blankCount: number;
  /** Most sandboxes in use at once, blanks not counted. */
  readonly maxProcesses: number;
  /** Ends the sandbox of the deployment that was idle longest; false when all are at work. */
  evictIdle(): boolean;
  onStartFailed(message: string): void;
}

/** What decides whether a sandbox fits a deployment. */
export interface SandboxNeed {
  readonly memoryMb: number;
  /** Programs of the system, which blanks do not have. */
  readonly needsSystem?: boolean;
}

/** Memory of blank sandboxes: what nearly all deployments have. */
export const BLANK_MEMORY_MB = 256;
export const START_TIMEOUT_MS = 20_000;
const START_ATTEMPTS = 3;
const REFILL_PAUSE_MS = 2_000;
const STOPPED: EndReason = { code: "UNAVAILABLE", message: "The runner is shutting down" };

/** Hands out started sandboxes, at most so many at a time. */
export class SandboxPool {
  readonly #options: SandboxPoolOptions;
  readonly #all = new Set<Sandbox>();
  readonly #waiting: PromiseWithResolvers<void>[] = [];
  #blanks: Sandbox[] = [];
  #inUse = 0;
  #isRefilling = false;
  #isStopped = false;
  #refillTimer: NodeJS.Timeout | undefined;

  constructor(options: SandboxPoolOptions) {
    this.#options = options;
  }

  get inUse(): number {
    return this.#inUse;
  }
  get blankCount(): number {
    return this.#blanks.length;
  }

  /**
   * Waits for room and returns a blank sandbox that now works for `owner`. Its place is free again when it has ended.
   * @throws SandboxEndedError when none could be started.
   */
  async acquire(need: SandboxNeed, owner: SandboxOwner): Promise<Sandbox> {
    await this.#room();
    try {
      const sandbox = await this.#take(need);
      sandbox.owner = owner;
      void sandbox.ended.then(() => this.#leave());
      return sandbox;
    } catch (error) {
      this.#leave();
      throw error;
    }
  }

  /** A deployment became idle: somebody may be waiting for its place. */
  noteIdle(): void {
    if (this.#waiting.length > 0) this.#options.evictIdle();
  }

  /** Takes over a sandbox that is blank, e.g. the one by which the tier was tried. */
  adopt(sandbox: Sandbox): void {
    this.#track(sandbox);
    this.#blanks.push(sandbox);
    void this.#refill();
  }

  /** Ends everything and waits until nothing is left. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#refillTimer);
    for (const waiting of this.#waiting.splice(0)) waiting.reject(new SandboxEndedError(STOPPED));
    for (const sandbox of this.#all) sandbox.kill(STOPPED);
    await Promise.all([...this.#all].map((sandbox) => sandbox.ended));
  }

  async #room(): Promise<void> {
    if (this.#isStopped) throw new SandboxEndedError(STOPPED);
    if (this.#inUse < this.#options.maxProcesses) {
      this.#inUse++;
      return;
    }
    const waiting = Promise.withResolvers<void>();
    this.#waiting.push(waiting);
    this.#options.evictIdle();
    await waiting.promise;
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#inUse--;
    else next.resolve();
  }

  async #take(need: SandboxNeed): Promise<Sandbox> {
    for (let attempt = 1; ; attempt++) {
      try {
        const fitsBlank = need.memoryMb === BLANK_MEMORY_MB && need.needsSystem !== true;
        const blank = fitsBlank ? this.#blanks.shift() : undefined;
        const sandbox = blank ?? (await this.#launch(need));
        void this.#refill();
        await sandbox.ready;
        return sandbox;
      } catch (error) {
        if (this.#isStopped || attempt === START_ATTEMPTS) throw error;
      }
    }
  }

  async #launch(need: SandboxNeed): Promise<Sandbox> {
    const sandbox = await launchSandbox(this.#options.launcher, need);
    this.#track(sandbox);
    if (this.#isStopped) sandbox.kill(STOPPED);
    return sandbox;
  }

  #track(sandbox: Sandbox): void {
    this.#all.add(sandbox);
    void sandbox.ended.then(() => {
      this.#all.delete(sandbox);
      this.#blanks = this.#blanks.filter((blank) => blank !== sandbox);
    });
  }

  /** Starts blanks one after the other until there are enough. */
  async #refill(): Promise<void> {
    if (this.#isRefilling) return;
    this.#isRefilling = true;
    try {
      while (!this.#isStopped && this.#blanks.length < this.#options.blankCount) {
        const sandbox = await this.#launch({ memoryMb: BLANK_MEMORY_MB });
        this.#blanks.push(sandbox);
        await sandbox.ready;
      }
    } catch (error) {
      this.#options.onStartFailed(error instanceof Error ? error.message : String(error));
      this.#refillTimer = setTimeout(() => void this.#refill(), REFILL_PAUSE_MS).unref();
    } finally {
      this.#isRefilling = false;
    }
  }
}

/** Starts one sandbox; it is not ready yet. */
export async function launchSandbox(launcher: Launcher, need: SandboxNeed): Promise<Sandbox> {
  const process = await launcher.launch({ ...need, onEgress: (attempt) => sandbox.owner?.onEgress(attempt) });
  const sandbox: Sandbox = new Sandbox({ process, memoryMb: need.memoryMb, startTimeoutMs: START_TIMEOUT_MS });
  return sandbox;
}
