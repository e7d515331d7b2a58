import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { ComponentFetchError, declaredRanges, MAX_FILE_BYTES } from "./component-files.ts";
import { isSearched, type FileTree } from "./file-tree.ts";
import { isRegistryRange, parseSpecifier, type PackageImport } from "./specifier.ts";

/** Installs npm packages; `DependencyStore` is one. */
export interface PackageInstaller {
  ensure(imports: readonly PackageImport[]): Promise<{ dir: string | null }>;
}

/**
 * Installs a package and gives access to its files and declared ranges. Throws `DependencyError` for an unknown
 * package or version.
 */
export async function openPackage(
  reference: { readonly name: string; readonly range: string },
  packages: PackageInstaller,
): Promise<{ root: string; read(path: string): Promise<string | null>; ranges: Record<string, string> }> {
  const { name, range } = reference;
  const { dir } = await packages.ensure([{ alias: name, name, range }]);
  const root = await realpath(join(dir ?? "", "node_modules", name));
  const read = (path: string) => readPackageFile(root, path);
  const manifest = await read("package.json");
  return { root, read, ranges: manifest === null ? {} : declaredRanges(manifest) };
}

/** A package with all its files. */
export interface PackageTree extends FileTree {
  readonly name: string;
  readonly version: string;
}

/**
 * Installs a package that `npm:<name>[@range]` names as a whole, to look through its files.
 * @throws ComponentFetchError for a text that names none, DependencyError for an unknown package or version
 */
export async function openPackageTree(source: string, packages: PackageInstaller): Promise<PackageTree> {
  const reference = parsePackageSource(source);
  if (reference === null) {
    throw new ComponentFetchError("bad_reference", `"${source}" is no package: use npm:name or npm:name@version`, {
      url: source,
    });
  }
  const { name } = reference;
  const { root, read, ranges } = await openPackage(reference, packages);
  return { name, version: ranges[name] ?? "", paths: await filesBelow(root), read };
}

/** Reads `npm:<name>[@range]`; null for any other text. */
export function parsePackageSource(source: string): { name: string; range: string } | null {
  if (!source.startsWith("npm:")) return null;
  const parsed = parseSpecifier(source.slice("npm:".length));
  if (parsed.kind !== "package" || parsed.subpath !== "") return null;
  const range = parsed.pin ?? "latest";
  return isRegistryRange(range) ? { name: parsed.name, range } : null;
}

async function filesBelow(root: string): Promise<string[]> {
  const found: string[] = [];
  const folders = [root];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && isSearched(entry.name)) folders.push(path);
      else if (entry.isFile()) found.push(relative(root, path).split(sep).join("/"));
    }
  }
  return found.toSorted();
}

async function readPackageFile(root: string, path: string): Promise<string | null> {
  try {
    const file = await realpath(join(root, path));
    if (!file.startsWith(root + sep)) return null;
    const { size } = await stat(file);
    if (size > MAX_FILE_BYTES) throw new ComponentFetchError("too_large", `${path} is larger than 5 MB`, { url: path });
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && isAbsence(error.code)) return null;
    throw error;
  }
}

function isAbsence(code: unknown): boolean {
  return code === "ENOENT" || code === "EISDIR" || code === "ENOTDIR";
}
