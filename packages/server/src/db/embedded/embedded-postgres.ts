import { chownSync, renameSync, rmSync, statSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { prepareBinaries, type Binaries } from "./binaries.ts";
import { ensureCluster } from "./cluster.ts";
import { DataDirLock } from "./data-dir-lock.ts";
import { chooseIdentity, type Identity } from "./identity.ts";
import { makeSocketDir, prepareLayout, type Layout } from "./layout.ts";
import { clearStaleLocks, readPostmasterFile, survivorArgs } from "./postmaster-file.ts";
import { Postmaster } from "./postmaster.ts";
import { signalProcess } from "./process-state.ts";
import { answers, awaitReady, socketUrl } from "./readiness.ts";
import { serverArgs } from "./settings.ts";

const SURVIVOR_ANSWER_MS = 2_000;
const RESTART_MIN_MS = 50;
const RESTART_MAX_MS = 5_000;
const LOG_LIMIT_BYTES = 10 * 1024 * 1024;

export interface EmbeddedPostgresOptions {
  dataDir: string;
  /** Server settings on top of ours. */
  settings?: Readonly<Record<string, string>>;
  /** Hears of crashes and restarts of the server. */
  onEvent?(event: { type: "crashed" | "restarted" | "restart_failed"; error?: unknown }): void;
  /** For tests: other places for the installation and for what must not lie below a private directory. */
  nativeDir?: string;
  systemDir?: string;
}

/**
 * The PostgreSQL that comes with Millrace, reachable only through a socket in a private directory. It is restarted when
 * it crashes, taken over when an earlier server of ours has died without stopping it, and stopped with us.
 */
export class EmbeddedPostgres {
  readonly #options: EmbeddedPostgresOptions;
  readonly #layout: Layout;
  readonly #identity: Identity;
  readonly #binaries: Binaries;
  readonly #lock: DataDirLock;
  readonly #onExit = (): void => void signalProcess(this.pid, "SIGINT");
  #socketDir = "";
  #postmaster: Postmaster | null = null;
  #stopping = false;

  private constructor(options: EmbeddedPostgresOptions) {
    const forOtherUser = process.getuid?.() === 0;
    const layoutOptions = { forOtherUser, ...(options.systemDir !== undefined && { systemDir: options.systemDir }) };
    this.#options = options;
    this.#layout = prepareLayout(options.dataDir, layoutOptions);
    this.#lock = DataDirLock.acquire(options.dataDir, "database");
    try {
      this.#identity = chooseIdentity(this.#layout.clusterDir);
      this.#binaries = prepareBinaries({
        forOtherUser,
        copyDir: this.#layout.copyDir,
        ...(options.nativeDir !== undefined && { nativeDir: options.nativeDir }),
      });
    } catch (error) {
      this.#lock.release();
      throw error;
    }
  }

  /**
   * Starts or takes over the server of a data directory.
   * @throws StartupError `data_dir_unusable`, `data_dir_in_use` or `embedded_database_failed`.
   */
  static async start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
    const embedded = new EmbeddedPostgres(options);
    try {
      await embedded.#boot();
    } catch (error) {
      await embedded.stop();
      throw error;
    }
    return embedded;
  }

  /** The address of our database; it stays the same over restarts. */
  get url(): string {
    return socketUrl(this.#socketDir);
  }

  /** Process id of the server as it runs now. */
  get pid(): number {
    return this.#postmaster?.pid ?? 0;
  }

  /** Stops the server within seconds. Close the connections first. */
  async stop(): Promise<void> {
    this.#stopping = true;
    process.removeListener("exit", this.#onExit);
    await this.#postmaster?.stop();
    this.#postmaster = null;
    if (this.#socketDir !== "") rmSync(this.#socketDir, { recursive: true, force: true });
    this.#lock.release();
  }

  async #boot(): Promise<void> {
    const { identity, layout } = { identity: this.#identity, layout: this.#layout };
    await ensureCluster({ layout, identity, initdb: this.#binaries.initdb });
    process.once("exit", this.#onExit);
    if (!(await this.#takeOver())) {
      this.#socketDir = makeSocketDir({ forOtherUser: identity.runAs !== null });
      if (identity.runAs) chownSync(this.#socketDir, identity.runAs.uid, identity.runAs.gid);
      await this.#launch();
    }
    void this.#supervise();
  }

  /** True: the server that an earlier process left is ours now. Otherwise nothing of it is left. */
  async #takeOver(): Promise<boolean> {
    const { clusterDir } = this.#layout;
    const file = readPostmasterFile(clusterDir);
    if (!file) return false;
    const args = survivorArgs(clusterDir, file);
    if (args) {
      const survivor = Postmaster.attach(file.pid);
      if (this.#isAsWanted(args, file.socketDir) && (await answers(file.socketDir, SURVIVOR_ANSWER_MS))) {
        this.#socketDir = file.socketDir;
        this.#postmaster = survivor;
        return true;
      }
      await survivor.stop();
    }
    await clearStaleLocks(clusterDir, file.socketDir);
    if (file.socketDir !== "") rmSync(file.socketDir, { recursive: true, force: true });
    return false;
  }

  #isAsWanted(args: readonly string[], socketDir: string): boolean {
    const wanted = [this.#binaries.postgres, ...this.#args(socketDir)];
    return JSON.stringify(args) === JSON.stringify(wanted);
  }

  #args(socketDir: string): string[] {
    const { settings } = this.#options;
    return serverArgs({ clusterDir: this.#layout.clusterDir, socketDir, ...(settings && { settings }) });
  }

  async #launch(): Promise<void> {
    const { logFile } = this.#layout;
    rotate(logFile);
    const runAs = this.#identity.runAs;
    const args = this.#args(this.#socketDir);
    const postmaster = Postmaster.spawn({ postgres: this.#binaries.postgres, args, logFile, runAs });
    this.#postmaster = postmaster;
    await awaitReady({ postmaster, socketDir: this.#socketDir, logFile });
  }

  async #supervise(): Promise<void> {
    while (this.#postmaster) {
      await this.#postmaster.exited;
      if (this.#stopping) return;
      this.#options.onEvent?.({ type: "crashed" });
      await this.#restart();
    }
  }

  async #restart(): Promise<void> {
    for (let waitMs = RESTART_MIN_MS; !this.#stopping; waitMs = Math.min(waitMs * 2, RESTART_MAX_MS)) {
      try {
        await clearStaleLocks(this.#layout.clusterDir, this.#socketDir);
        await this.#launch();
        this.#options.onEvent?.({ type: "restarted" });
        return;
      } catch (error) {
        if (this.#stopping) return;
        this.#options.onEvent?.({ type: "restart_failed", error });
        await delay(waitMs, undefined, { ref: false });
      }
    }
  }
}

function rotate(logFile: string): void {
  const stats = statSync(logFile, { throwIfNoEntry: false });
  if (stats && stats.size > LOG_LIMIT_BYTES) renameSync(logFile, `${logFile}.1`);
}
