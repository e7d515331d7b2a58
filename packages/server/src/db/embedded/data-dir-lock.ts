import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StartupError } from "../../core/index.ts";
import { processState } from "./process-state.ts";

/** Holds a data directory for this process: two servers on one embedded database would stop each other's. */
export class DataDirLock {
  readonly #path: string;
  readonly #content: string;

  private constructor(path: string, content: string) {
    this.#path = path;
    this.#content = content;
  }

  /**
   * Takes the lock of a name in the directory; one that a dead process has left counts for nothing.
   * @throws StartupError `data_dir_in_use` while a living process holds it.
   */
  static acquire(dataDir: string, name = "server"): DataDirLock {
    const lock = new DataDirLock(join(dataDir, `${name}.lock`), `${process.pid} ${startedAt(process.pid)}`);
    while (!lock.#create()) lock.#removeStale(dataDir);
    return lock;
  }

  release(): void {
    if (readText(this.#path) === this.#content) rmSync(this.#path, { force: true });
  }

  #create(): boolean {
    try {
      writeFileSync(this.#path, this.#content, { flag: "wx", mode: 0o600 });
      return true;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
      throw error;
    }
  }

  #removeStale(dataDir: string): void {
    const seen = readText(this.#path);
    if (seen === null) return;
    if (isHeld(seen)) throw inUse(dataDir, seen);
    const aside = `${this.#path}.${process.pid}`;
    try {
      renameSync(this.#path, aside);
    } catch {
      return;
    }
    // Another process may have replaced the stale file between the two calls: give its own back.
    if (readText(aside) !== seen) linkSync(aside, this.#path);
    rmSync(aside, { force: true });
  }
}

function startedAt(pid: number): string {
  const state = processState(pid);
  return state.kind === "running" ? state.startedAt : "";
}

function isHeld(content: string): boolean {
  const [pid, start] = content.split(" ");
  const state = processState(Number(pid));
  return state.kind === "running" && state.startedAt === (start ?? "");
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

function inUse(dataDir: string, content: string): StartupError {
  return new StartupError(
    "data_dir_in_use",
    `The data directory ${dataDir} is in use by another server (process ${content.split(" ")[0]}); set MILLRACE_DATA_DIR`,
  );
}
