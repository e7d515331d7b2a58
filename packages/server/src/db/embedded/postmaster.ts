import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { StartupError } from "../../core/index.ts";
import { SERVER_ENV } from "./cluster.ts";
import { processState, signalProcess } from "./process-state.ts";

const ATTACHED_POLL_MS = 500;
const FAST_STOP_MS = 5_000;
const IMMEDIATE_STOP_MS = 3_000;

export interface PostmasterOptions {
  postgres: string;
  args: readonly string[];
  logFile: string;
  runAs: { uid: number; gid: number } | null;
}

/** One running server process, started by us or found running. */
export class Postmaster {
  readonly pid: number;
  /** Settles when the process has ended. */
  readonly exited: Promise<void>;
  #isAlive = true;

  private constructor(pid: number, exited: Promise<void>) {
    this.pid = pid;
    this.exited = exited.then(() => {
      this.#isAlive = false;
    });
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Starts a server in a process group of its own, so that Ctrl-C reaches us first. */
  static spawn(options: PostmasterOptions): Postmaster {
    const log = openSync(options.logFile, "a", 0o600);
    const child = spawn(options.postgres, options.args, {
      cwd: "/",
      env: SERVER_ENV,
      detached: true,
      stdio: ["ignore", log, log],
      ...options.runAs,
    });
    closeSync(log);
    child.unref();
    const exited = new Promise<void>((resolve) => {
      child.once("error", () => resolve());
      child.once("exit", () => resolve());
    });
    if (child.pid !== undefined) return new Postmaster(child.pid, exited);
    child.on("error", () => {});
    throw new StartupError(
      "embedded_database_failed",
      `The embedded PostgreSQL could not be started: ${options.postgres}`,
    );
  }

  /** Takes a server over that an earlier process of ours has left. */
  static attach(pid: number): Postmaster {
    const exited = new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        if (processState(pid).kind === "running") return;
        clearInterval(timer);
        resolve();
      }, ATTACHED_POLL_MS);
      timer.unref();
    });
    return new Postmaster(pid, exited);
  }

  /** Fast stop; when that takes too long, a stop that the next start recovers from. */
  async stop(): Promise<void> {
    if (await this.#end("SIGINT", FAST_STOP_MS)) return;
    if (await this.#end("SIGQUIT", IMMEDIATE_STOP_MS)) return;
    await this.#end("SIGKILL", IMMEDIATE_STOP_MS);
  }

  async #end(signal: NodeJS.Signals, withinMs: number): Promise<boolean> {
    signalProcess(this.pid, signal);
    // A frozen process hears nothing else before this.
    signalProcess(this.pid, "SIGCONT");
    const untilMs = performance.now() + withinMs;
    while (this.#isAlive && performance.now() < untilMs) {
      if (processState(this.pid).kind !== "running") return true;
      await delay(5);
    }
    return !this.#isAlive;
  }
}
