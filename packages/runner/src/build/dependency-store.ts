import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DependencyError } from "./dependency-error.ts";
import {
  digestOf,
  NO_DEPENDENCIES,
  parseLock,
  rangesOf,
  setHashOf,
  type DependencyLock,
  type DependencyRanges,
  type DependencySet,
} from "./dependency-set.ts";
import { Limiter } from "./limiter.ts";
import type { NpmSettings } from "./npm-settings.ts";
import { Pnpm } from "./pnpm.ts";
import { collectUnusedSets, LOCK_FILE, STAGING_DIR, WORK_DIR } from "./store-garbage.ts";
import type { PackageImport } from "./specifier.ts";

export interface DependencyStoreOptions {
  /** Every folder above it must be traversable by the installer's and the sandboxes' users. */
  readonly storeDir: string;
  readonly settings: NpmSettings;
  /** User that installs; default: 19999 when we are root, else ourselves. */
  readonly installerUid?: number;
  /** Default 120 s for one installation. */
  readonly timeoutMs?: number;
  /** How long "latest" and ranges stay as they were resolved; default one hour. */
  readonly resolutionTtlMs?: number;
}

const DEFAULT_UID = 19_999;
const CONCURRENT_INSTALLS = 2;
const TOUCH_INTERVAL_MS = 60 * 60 * 1000;

/**
 * Installed dependency sets, shared by all components and read-only to them: `<storeDir>/<hash>/node_modules`. A set
 * appears whole or not at all; processes may share a store.
 */
export class DependencyStore implements AsyncDisposable {
  readonly #storeDir: string;
  readonly #pnpm: Pnpm;
  readonly #resolutionTtlMs: number;
  readonly #limiter = new Limiter(CONCURRENT_INSTALLS);
  readonly #underway = new Map<string, Promise<DependencySet>>();

  constructor(options: DependencyStoreOptions) {
    this.#storeDir = options.storeDir;
    this.#resolutionTtlMs = options.resolutionTtlMs ?? 60 * 60 * 1000;
    this.#pnpm = new Pnpm({
      workDir: join(options.storeDir, WORK_DIR),
      settings: options.settings,
      uid: process.getuid?.() === 0 ? (options.installerUid ?? DEFAULT_UID) : null,
      timeoutMs: options.timeoutMs ?? 120_000,
    });
  }

  /**
   * Installs packages at the versions that their ranges mean now, or meant within the last hour. Concurrent calls for the
   * same ranges share one installation. Throws `DependencyError`, naming the package that is unknown.
   */
  async ensure(imports: readonly PackageImport[]): Promise<DependencySet> {
    if (imports.length === 0) return NO_DEPENDENCIES;
    const ranges = rangesOf(imports);
    const key = digestOf(JSON.stringify(ranges));
    return this.#shared(`ranges ${key}`, () => this.#resolve(key, ranges));
  }

  /** The set of a lock, installed again if it is gone. Throws `DependencyError`. */
  async restore(lockText: string): Promise<DependencySet> {
    const lock = parseLock(lockText);
    const hash = setHashOf(lock.lockfile);
    return (await this.#find(hash)) ?? this.#shared(`lock ${hash}`, () => this.#install(lock));
  }

  /** Removes sets that nobody names and nobody used for `unusedForMs`, and what installations left behind. */
  async collectGarbage(options: {
    referenced: ReadonlySet<string>;
    unusedForMs: number;
    nowMs: number;
  }): Promise<number> {
    const removed = await collectUnusedSets(this.#storeDir, options);
    if (removed > 0) await this.#pnpm.prune();
    return removed;
  }

  /** Waits for installations that are under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#underway.values());
  }

  async #resolve(key: string, ranges: DependencyRanges): Promise<DependencySet> {
    const path = join(this.#storeDir, WORK_DIR, "resolutions", key);
    const known = await readResolution(path);
    const knownSet = known && (await this.#find(known.hash));
    if (knownSet && known.ageMs < this.#resolutionTtlMs) return knownSet;
    try {
      const set = await this.#install({ dependencies: ranges, lockfile: "" });
      await mkdir(join(path, ".."), { recursive: true });
      await writeFile(path, set.hash ?? "");
      return set;
    } catch (error) {
      const isOffline = error instanceof DependencyError && error.code === "dependency_unavailable";
      if (knownSet && isOffline) return knownSet;
      throw error;
    }
  }

  /** Finds an installed set and notes that it is in use. */
  async #find(hash: string): Promise<DependencySet | null> {
    const dir = join(this.#storeDir, hash);
    const lockPath = join(dir, LOCK_FILE);
    try {
      const [lock, { mtimeMs }] = await Promise.all([readFile(lockPath, "utf8"), stat(lockPath)]);
      if (Date.now() - mtimeMs > TOUCH_INTERVAL_MS) await utimes(lockPath, new Date(), new Date());
      return { dir, hash, lock };
    } catch {
      return null;
    }
  }

  #shared(key: string, job: () => Promise<DependencySet>): Promise<DependencySet> {
    const running = this.#underway.get(key);
    if (running) return running;
    const started = job().finally(() => this.#underway.delete(key));
    this.#underway.set(key, started);
    return started;
  }

  #install(lock: DependencyLock): Promise<DependencySet> {
    return this.#limiter.run(async () => {
      await mkdir(this.#storeDir, { recursive: true, mode: 0o755 });
      const staging = join(this.#storeDir, WORK_DIR, STAGING_DIR, randomUUID());
      await this.#pnpm.makeDir(staging);
      try {
        return await this.#installInto(staging, lock);
      } finally {
        await rm(staging, { recursive: true, force: true });
      }
    });
  }

  async #installInto(staging: string, { dependencies, lockfile }: DependencyLock): Promise<DependencySet> {
    const manifest = { name: "dependency-set", version: "0.0.0", private: true, dependencies };
    await writeFile(join(staging, "package.json"), JSON.stringify(manifest));
    const lockPath = join(staging, "pnpm-lock.yaml");
    if (lockfile !== "") await writeFile(lockPath, lockfile);
    await this.#pnpm.install(staging, lockfile === "" ? "resolve" : "frozen");
    const resolved = lockfile === "" ? await readFile(lockPath, "utf8") : lockfile;
    const hash = setHashOf(resolved);
    const found = await this.#find(hash);
    if (found) return found;
    const lock = JSON.stringify({ dependencies, lockfile: resolved } satisfies DependencyLock);
    await writeFile(join(staging, LOCK_FILE), lock);
    await syncFileSystem(staging);
    return { ...(await this.#publish(staging, hash)), lock };
  }

  /** Moves a complete set to its place; another process may have been first with the same one. */
  async #publish(staging: string, hash: string): Promise<{ dir: string; hash: string }> {
    const dir = join(this.#storeDir, hash);
    try {
      await rename(staging, dir);
    } catch (error) {
      if (!(await this.#find(hash))) throw error;
    }
    const parent = await open(this.#storeDir);
    await parent.sync().finally(() => parent.close());
    return { dir, hash };
  }
}

async function readResolution(path: string): Promise<{ hash: string; ageMs: number } | null> {
  try {
    const [hash, { mtimeMs }] = await Promise.all([readFile(path, "utf8"), stat(path)]);
    return { hash, ageMs: Date.now() - mtimeMs };
  } catch {
    return null;
  }
}

/** Thousands of small files: one sync of the file system is far cheaper than one per file. */
async function syncFileSystem(path: string): Promise<void> {
  await new Promise<void>((resolve) => {
    const child = spawn("sync", ["-f", path], { stdio: "ignore" });
    child.once("error", () => resolve());
    child.once("close", () => resolve());
  });
}
