import { posix } from "node:path";
import { loaderOf } from "./component-files.ts";

/** Files below one root, such as a package or a checkout. */
export interface FileTree {
  /** POSIX paths relative to the root, sorted. */
  readonly paths: readonly string[];
  /** Text of a file; null when there is none. */
  read(path: string): Promise<string | null>;
}

const UNSEARCHED = new Set(["node_modules", "test", "tests", "__tests__"]);
const DECLARATION_OR_TEST = /(\.d\.[mc]?ts|\.(test|spec|app)\.[a-z]+)$/;
/** A component says its `key` and `version` and exports itself; a module that it shares with others does not. */
const SIGNS = [/\bkey\b/, /\bversion\b/, /\bexport\s+default\b|\bas\s+default\b|\bexports\b|\bdefineComponent\b/];

/** Whether components are looked for in a folder of this name. */
export function isSearched(name: string): boolean {
  return !UNSEARCHED.has(name) && !name.startsWith(".");
}

/** Whether a file belongs to what components are made from: their code and the ranges of their packages. */
export function belongsToComponents(path: string): boolean {
  return loaderOf(path) !== null && path.split("/").slice(0, -1).every(isSearched) && !/\.d\.[mc]?ts$/.test(path);
}

/** Paths of a tree that may be components, by their names alone; of source and compiled twins the source. */
export function candidateEntries(paths: readonly string[]): string[] {
  const codes = paths.filter((path) => {
    const loader = loaderOf(path);
    return loader !== null && loader !== "json" && belongsToComponents(path) && !DECLARATION_OR_TEST.test(path);
  });
  const sources = new Set(codes.filter((path) => !isCompiled(path)).map(stemOf));
  return codes.filter((path) => !isCompiled(path) || !sources.has(stemOf(path)));
}

/** Whether the text of a file looks like that of a component. */
export function looksLikeComponent(text: string): boolean {
  return SIGNS.every((sign) => sign.test(text));
}

function isCompiled(path: string): boolean {
  return path.startsWith("dist/") || path.includes("/dist/");
}

function stemOf(path: string): string {
  const withoutExtension = path.slice(0, path.length - posix.extname(path).length);
  return withoutExtension.replace(/(^|\/)dist\//, "$1").replace(/(^|\/)src\//, "$1");
}
