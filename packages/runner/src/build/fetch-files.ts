import { ComponentCodeError } from "../invocation.ts";
import {
  candidatePaths,
  ComponentFetchError,
  declaredRanges,
  joinRelative,
  loaderOf,
  MAX_FILE_BYTES,
  MAX_FILE_COUNT,
  MAX_TOTAL_BYTES,
  type ComponentFiles,
} from "./component-files.ts";
import { Limiter } from "./limiter.ts";
import { openPackage, type PackageInstaller } from "./npm-package.ts";
import { parseComponentUrl, type ComponentOrigin } from "./reference.ts";
import { detectLanguage, scanImports } from "./scan-imports.ts";

const CONCURRENT_READS = 8;

/** What a component is made from. */
export type ComponentReference = { readonly code: string } | { readonly url: string };

/** The world outside, as far as fetching needs it. */
export interface FetchPorts {
  /**
   * Downloads at most `maxBytes`. Rejects with `ComponentFetchError` for an address that is refused or a body that is too
   * large; any other rejection counts as unreachable.
   */
  download(url: string, maxBytes: number): Promise<{ status: number; body: Buffer }>;
  /** Installs packages for the `npm:` form. */
  readonly packages: PackageInstaller;
  readonly githubRawUrl?: string;
}

/** Reads a file of the component's root; null when there is none. */
type ReadFile = (path: string) => Promise<string | null>;

/**
 * Gets a component's own files: the code itself, or the file that a URL names with every relative import it reaches
 * (rest-api §4). Throws `ComponentFetchError` or, for code that does not parse, `ComponentCodeError`.
 */
export async function fetchComponentFiles(reference: ComponentReference, ports: FetchPorts): Promise<ComponentFiles> {
  if ("code" in reference) return codeFiles(reference.code);
  const origin = parseComponentUrl(reference.url, ports.githubRawUrl);
  const { read, ranges } = await openOrigin(origin, ports);
  const { entry, files } = await collectFiles({ read, entry: origin.entry, url: reference.url });
  return { entry, files, ranges };
}

async function codeFiles(code: string): Promise<ComponentFiles> {
  if (Buffer.byteLength(code) > MAX_FILE_BYTES) {
    throw new ComponentFetchError("too_large", "The code is larger than 5 MB", { url: "component_code" });
  }
  const { path: entry, scan } = await detectLanguage(code, "component");
  const [beside] = scan.relative;
  if (beside !== undefined) {
    throw new ComponentCodeError(`Code given as text cannot import "${beside}": use component_url, or a single file`);
  }
  return { entry, files: new Map([[entry, code]]), ranges: {} };
}

async function openOrigin(
  origin: ComponentOrigin,
  ports: FetchPorts,
): Promise<{ read: ReadFile; ranges: Record<string, string> }> {
  if (origin.kind === "npm") return openPackage(origin, ports.packages);
  const read: ReadFile = (path) => {
    const query = origin.kind === "url" && path === origin.entry ? origin.query : "";
    return downloadText(`${origin.base}/${path.split("/").map(encodeURIComponent).join("/")}${query}`, ports);
  };
  return { read, ranges: origin.kind === "github" ? await nearestRanges(origin.entry, read) : {} };
}

async function downloadText(url: string, ports: FetchPorts): Promise<string | null> {
  let response: { status: number; body: Buffer };
  try {
    response = await ports.download(url, MAX_FILE_BYTES);
  } catch (error) {
    if (error instanceof ComponentFetchError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ComponentFetchError("unreachable", `Could not fetch ${url}: ${reason}`, { url, cause: error });
  }
  if (response.status === 404 || response.status === 410) return null;
  if (response.status < 200 || response.status > 299) {
    throw new ComponentFetchError("unreachable", `Could not fetch ${url}: status ${response.status}`, { url });
  }
  if (response.body.length > MAX_FILE_BYTES) {
    throw new ComponentFetchError("too_large", `${url} is larger than 5 MB`, { url });
  }
  return textOf(response.body, url);
}

function textOf(body: Buffer, url: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch (cause) {
    throw new ComponentFetchError("not_text", `${url} is not UTF-8 text`, { url, cause });
  }
}

/** In a repository each app has a `package.json` above its components; its ranges are what they were written for. */
async function nearestRanges(entry: string, read: ReadFile): Promise<Record<string, string>> {
  const folders = entry.split("/").slice(0, -1);
  for (let depth = folders.length; depth >= 0; depth--) {
    const manifest = await read([...folders.slice(0, depth), "package.json"].join("/"));
    if (manifest === null) continue;
    try {
      return declaredRanges(manifest);
    } catch {
      return {};
    }
  }
  return {};
}

interface Collecting {
  readonly read: ReadFile;
  readonly entry: string;
  readonly url: string;
}

async function collectFiles(origin: Collecting): Promise<{ entry: string; files: Map<string, string> }> {
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
  { read, url }: Collecting,
): Promise<[path: string, text: string][]> {
  const loader = loaderOf(importer) ?? "js";
  if (loader === "json") return [];
  const scan = await scanImports({ path: importer, code: files.get(importer) ?? "", loader });
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
