import { posix } from "node:path";
import { ComponentFetchError } from "./component-files.ts";
import { isRegistryRange } from "./specifier.ts";

/** Where a component's files come from. */
export type ComponentOrigin =
  | { readonly kind: "url"; readonly base: string; readonly entry: string; readonly query: string }
  | { readonly kind: "github"; readonly base: string; readonly entry: string }
  | { readonly kind: "npm"; readonly name: string; readonly range: string; readonly entry: string };

const NPM = /^npm:((?:@[\w~.-]+\/)?[\w~][\w~.-]*)(?:@([^/]+))?\/(.+)$/;
export const GITHUB_RAW_URL = "https://raw.githubusercontent.com";

/**
 * Reads a `component_url`: `npm:<package>[@version]/<path>`, a GitHub page or raw address of a file (taken from
 * `githubRawUrl`), or any other http(s) address. Throws `ComponentFetchError` (`bad_reference`) for anything else.
 */
export function parseComponentUrl(url: string, githubRawUrl: string = GITHUB_RAW_URL): ComponentOrigin {
  if (url.startsWith("npm:")) return parseNpm(url);
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (!parsed || !/^https?:$/.test(parsed.protocol)) throw badReference(url);
  const inRepository = githubPath(parsed);
  if (inRepository) {
    const [owner, repository, ref, ...rest] = inRepository;
    const base = `${githubRawUrl.replace(/\/$/, "")}/${owner}/${repository}/${ref}`;
    return { kind: "github", base, entry: cleanPath(rest, url) };
  }
  return { kind: "url", base: parsed.origin, entry: cleanPath(segments(parsed), url), query: parsed.search };
}

function parseNpm(url: string): ComponentOrigin {
  const [, name, range = "latest", path] = NPM.exec(url) ?? [];
  if (name === undefined || path === undefined || !isRegistryRange(range)) throw badReference(url);
  return { kind: "npm", name, range, entry: cleanPath(path.split("/"), url) };
}

/** `[owner, repository, ref, …path]`, or null when the address is not a file on GitHub. */
function githubPath(url: URL): string[] | null {
  const parts = segments(url);
  if (url.hostname === "raw.githubusercontent.com") {
    const isFullRef = parts[2] === "refs" && parts.length > 5;
    return isFullRef ? [...parts.slice(0, 2), parts.slice(2, 5).join("/"), ...parts.slice(5)] : longEnough(parts);
  }
  if (url.hostname !== "github.com" && url.hostname !== "www.github.com") return null;
  if (!/^(blob|tree|raw)$/.test(parts[2] ?? "")) throw badReference(url.href);
  return longEnough([...parts.slice(0, 2), ...parts.slice(3)]);
}

function longEnough(parts: string[]): string[] | null {
  return parts.length >= 4 ? parts : null;
}

function segments(url: URL): string[] {
  return url.pathname
    .split("/")
    .filter((part) => part !== "")
    .map((part) => decodeURIComponent(part));
}

function cleanPath(parts: readonly string[], url: string): string {
  const path = posix.normalize(parts.join("/"));
  if (path === "." || path.startsWith("..") || path.startsWith("/")) throw badReference(url);
  return path;
}

function badReference(url: string): ComponentFetchError {
  const forms =
    "https://host/file.mjs, https://github.com/owner/repo/blob/ref/file.mjs or npm:package@version/file.mjs";
  return new ComponentFetchError("bad_reference", `"${url}" is not the address of a component file: use ${forms}`, {
    url,
  });
}
