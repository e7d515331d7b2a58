import { readFile, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { ComponentFetchError, declaredRanges, MAX_FILE_BYTES } from "./component-files.ts";
import type { PackageImport } from "./specifier.ts";

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
): Promise<{ read(path: string): Promise<string | null>; ranges: Record<string, string> }> {
  const { name, range } = reference;
  const { dir } = await packages.ensure([{ alias: name, name, range }]);
  const root = await realpath(join(dir ?? "", "node_modules", name));
  const read = (path: string) => readPackageFile(root, path);
  const manifest = await read("package.json");
  return { read, ranges: manifest === null ? {} : declaredRanges(manifest) };
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
