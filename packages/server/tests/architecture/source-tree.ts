import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../../../..");
const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s(?:[^"'`;]*?\sfrom\s)?["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)/g;

/** A TypeScript file of the checkout; paths have slashes and begin at the root. */
export interface SourceFile {
  path: string;
  /** Package folder, e.g. `server`. */
  packageName: string;
  /** Below the package, e.g. `src/db/embedded`. */
  folder: string;
  name: string;
  text: string;
  /** Without comments and string contents, for rules about code. */
  code: string;
  lineCount: number;
  imports: readonly string[];
  isTest: boolean;
}

/** All TypeScript files in packages. */
export function readSourceFiles(): SourceFile[] {
  return walk(join(ROOT, "packages")).map((path) => readSourceFile(relative(ROOT, path)));
}

function walk(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return entry.name === "node_modules" ? [] : walk(path);
    return /\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

function readSourceFile(path: string): SourceFile {
  const text = readFileSync(join(ROOT, path), "utf8");
  const [, packageName = "", ...rest] = path.split("/");
  const name = rest.pop() ?? "";
  const folder = rest.join("/");
  return {
    path,
    packageName,
    folder,
    name,
    text,
    code: text.replaceAll(/\/\*[\s\S]*?\*\/|(?<!:)\/\/[^\n]*/g, ""),
    lineCount: text.split("\n").length - 1,
    imports: [...text.matchAll(IMPORT)].map((match) => match[1] ?? match[2] ?? ""),
    isTest: name.endsWith(".test.ts") || /^(tests|testing)\b/.test(folder),
  };
}

/** The path from the root that a relative import means; null for packages. */
export function resolveImport(file: SourceFile, specifier: string): string | null {
  return specifier.startsWith(".") ? join(dirname(file.path), specifier) : null;
}

/** Names of the folders directly below a folder of the checkout. */
export function foldersIn(path: string): string[] {
  return readdirSync(join(ROOT, path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "node_modules")
    .map((entry) => entry.name);
}
