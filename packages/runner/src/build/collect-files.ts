import {
  candidatePaths,
  ComponentFetchError,
  joinRelative,
  loaderOf,
  MAX_FILE_COUNT,
  MAX_TOTAL_BYTES,
} from "./component-files.ts";
import { Limiter } from "./limiter.ts";
import { detectLanguage, scanImports } from "./scan-imports.ts";

const CONCURRENT_READS = 8;

/** Reads a file of the component's root; null when there is none. */
export type ReadFile = (path: string) => Promise<string | null>;

/** Where to start, and how to read. */
export interface Collecting {
  readonly read: ReadFile;
  readonly entry: string;
  readonly url: string;
  /** Instead of reading the imports of each file anew: for components that share files. */
  readonly scan?: typeof scanImports;
}

/**
 * Reads the entry and every file that relative imports reach from it. Throws `ComponentFetchError` for one that is missing or
 * for too much of it, `ComponentCodeError` for code that does not parse.
 */
export async function collectFiles(origin: Collecting): Promise<{ entry: string; files: Map<string, string> }> {
  const collecting = { ...origin, read: readOnce(origin.read) };
  const files = new Map<string, string>();
  const entry = await readEntry(collecting, files);
  let wave = [entry];
  while (wave.length > 0) {
    const found = await Promise.all(wave.map((path) => reachedFrom(path, files, collecting)));
    wave = [];
    for (const [path, text] of found.flat()) {
      if (files.has(path)) continue;
      files.set(path, text);
      wave.push(path);
    }
    assertWithinLimits(files, collecting.url);
  }
  return { entry, files };
}

/** Each path is read once, a few at a time. */
function readOnce(read: ReadFile): ReadFile {
  const limiter = new Limiter(CONCURRENT_READS);
  const reads = new Map<string, Promise<string | null>>();
  return (path) => {
    const started = reads.get(path) ?? limiter.run(() => read(path));
    reads.set(path, started);
    return started;
  };
}

async function readEntry({ read, entry, url }: Collecting, files: Map<string, string>): Promise<string> {
  for (const path of new Set([entry, ...candidatePaths(entry, entry)])) {
    const text = await read(path);
    if (text === null) continue;
    const name = loaderOf(path) === null ? (await detectLanguage(text, path)).path : path;
    files.set(name, text);
    return name;
  }
  throw new ComponentFetchError("not_found", `${url} was not found`, { url });
}

async function reachedFrom(
  importer: string,
  files: ReadonlyMap<string, string>,
  { read, url, scan: scanFile = scanImports }: Collecting,
): Promise<[path: string, text: string][]> {
  const loader = loaderOf(importer) ?? "js";
  if (loader === "json") return [];
  const scan = await scanFile({ path: importer, code: files.get(importer) ?? "", loader });
  if (scan.relative.length > MAX_FILE_COUNT) throw tooMany(url);
  return Promise.all(
    scan.relative.map(async (specifier): Promise<[string, string]> => {
      const path = joinRelative(importer, specifier);
      for (const candidate of path === null ? [] : candidatePaths(path, importer)) {
        const text = files.get(candidate) ?? (await read(candidate));
        if (text !== null) return [candidate, text];
      }
      const message = `"${specifier}", imported by ${importer}, was not found`;
      throw new ComponentFetchError("not_found", message, { url });
    }),
  );
}

function assertWithinLimits(files: ReadonlyMap<string, string>, url: string): void {
  let totalBytes = 0;
  for (const text of files.values()) totalBytes += Buffer.byteLength(text);
  if (files.size <= MAX_FILE_COUNT && totalBytes <= MAX_TOTAL_BYTES) return;
  throw tooMany(url);
}

function tooMany(url: string): ComponentFetchError {
  const limits = `${MAX_FILE_COUNT} files and ${MAX_TOTAL_BYTES / 1024 / 1024} MB`;
  return new ComponentFetchError("too_large", `The component's files exceed ${limits}`, { url });
}
