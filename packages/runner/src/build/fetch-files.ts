import { ComponentCodeError } from "../invocation.ts";
import { collectFiles, type ReadFile } from "./collect-files.ts";
import { ComponentFetchError, declaredRanges, MAX_FILE_BYTES, type ComponentFiles } from "./component-files.ts";
import { openPackage, type PackageInstaller } from "./npm-package.ts";
import { parseComponentUrl, type ComponentOrigin } from "./reference.ts";
import { detectLanguage } from "./scan-imports.ts";

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
