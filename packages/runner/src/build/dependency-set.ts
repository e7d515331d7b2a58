import { createHash } from "node:crypto";
import type { PackageImport } from "./specifier.ts";

/** An installed set of packages; all null when nothing is imported from npm. */
export interface DependencySet {
  /** Directory that holds `node_modules`. */
  readonly dir: string | null;
  /** Name of the set: digest of its lockfile and of what native code in it depends on. */
  readonly hash: string | null;
  /** Opaque text that installs exactly the same again. */
  readonly lock: string | null;
}

export const NO_DEPENDENCIES: DependencySet = { dir: null, hash: null, lock: null };

/** Range by alias, as a `package.json` has them. */
export type DependencyRanges = Readonly<Record<string, string>>;

/** What a lock says: the manifest and pnpm's lockfile for it. */
export interface DependencyLock {
  readonly dependencies: DependencyRanges;
  readonly lockfile: string;
}

/** The `dependencies` of a manifest, sorted so that equal sets are equal texts. */
export function rangesOf(imports: readonly PackageImport[]): DependencyRanges {
  const entries = imports.map(({ alias, name, range }): [string, string] => [
    alias,
    alias === name ? range : `npm:${name}@${range}`,
  ]);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Digest of text, usable as a directory name. */
export function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 40);
}

/** Digest that names the installed form of a lockfile on this machine's platform. */
export function setHashOf(lockfile: string): string {
  return digestOf(`${process.platform}-${process.arch}-${process.versions.modules}\n${lockfile}`);
}

/** Reads a lock; throws for text that is none. */
export function parseLock(text: string): DependencyLock {
  const parsed: unknown = JSON.parse(text);
  if (
    typeof parsed !== "object" ||
    parsed === null ||
    !("lockfile" in parsed && "dependencies" in parsed) ||
    typeof parsed.lockfile !== "string" ||
    typeof parsed.dependencies !== "object" ||
    parsed.dependencies === null
  ) {
    throw new TypeError("Not a dependency lock");
  }
  const dependencies: Record<string, string> = {};
  for (const [alias, range] of Object.entries(parsed.dependencies)) dependencies[alias] = String(range);
  return { dependencies, lockfile: parsed.lockfile };
}
