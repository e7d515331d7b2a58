import { posix } from "node:path";

export const MAX_FILE_BYTES = 5 * 1024 * 1024;
export const MAX_FILE_COUNT = 500;
export const MAX_TOTAL_BYTES = 20 * 1024 * 1024;

/** A component's own files: the entry and every relative import it reaches. */
export interface ComponentFiles {
  /** Path of the entry within `files`. */
  readonly entry: string;
  /** Text by POSIX path, relative to their common root (a repository, a package, an origin). */
  readonly files: ReadonlyMap<string, string>;
  /** Dependency ranges that the files' own package declares, by package name. */
  readonly ranges: Readonly<Record<string, string>>;
}

export type ComponentFetchCode =
  | "bad_reference" // no form that we know
  | "refused" // private address, or another that the egress policy refuses
  | "not_found"
  | "too_large"
  | "unreachable"
  | "not_text";

/** A component's files could not be had; `code` says why and `url` which. */
export class ComponentFetchError extends Error {
  override name = "ComponentFetchError";
  readonly code: ComponentFetchCode;
  readonly url: string;

  constructor(code: ComponentFetchCode, message: string, options: ErrorOptions & { url: string }) {
    super(message, options);
    this.code = code;
    this.url = options.url;
  }
}

export type FileLoader = "js" | "jsx" | "ts" | "tsx" | "json";
const LOADERS: Readonly<Record<string, FileLoader>> = {
  ".mjs": "js",
  ".js": "js",
  ".cjs": "js",
  ".ts": "ts",
  ".mts": "ts",
  ".cts": "ts",
  ".jsx": "jsx",
  ".tsx": "tsx",
  ".json": "json",
};
const PROBED = [".mjs", ".js", ".ts", ".cjs", ".mts"];

/** How a file is read, by its extension; null for one that is no code of ours (`x.app` asks for probing). */
export function loaderOf(path: string): FileLoader | null {
  return LOADERS[posix.extname(path)] ?? null;
}

/**
 * Paths that an import of `path` may mean, most likely first: as written, with an extension, as a directory, or the
 * TypeScript source of a compiled name. The importer's own extension is tried first.
 */
export function candidatePaths(path: string, importer: string): string[] {
  if (loaderOf(path) !== null) {
    const source = path.replace(/\.([mc]?)js$/, ".$1ts");
    return source === path ? [path] : [path, source];
  }
  const own = posix.extname(importer);
  const extensions = [...new Set(PROBED.includes(own) ? [own, ...PROBED] : PROBED)];
  return [
    ...extensions.map((extension) => path + extension),
    ...extensions.map((extension) => `${path}/index${extension}`),
    `${path}.json`,
  ];
}

/** Path that a relative specifier names; null when it leaves the root. */
export function joinRelative(importer: string, specifier: string): string | null {
  const joined = posix.join(posix.dirname(importer), specifier.replace(/[?#].*$/, ""));
  const path = joined.replace(/\/$/, "");
  return path === ".." || path.startsWith("../") ? null : path;
}

/** The dependency ranges that a `package.json` declares, its own version included (a package may import itself). */
export function declaredRanges(manifestText: string): Record<string, string> {
  const manifest: unknown = JSON.parse(manifestText);
  const ranges: Record<string, string> = {};
  if (!isRecord(manifest)) return ranges;
  const { name, version } = manifest;
  if (typeof name === "string" && typeof version === "string") ranges[name] = version;
  for (const field of ["peerDependencies", "optionalDependencies", "dependencies"]) {
    const declared = manifest[field];
    if (!isRecord(declared)) continue;
    for (const [dependency, range] of Object.entries(declared)) {
      if (typeof range === "string") ranges[dependency] = range;
    }
  }
  return ranges;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
