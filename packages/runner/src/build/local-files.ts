import { readFile, stat } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { ComponentFetchError, declaredRanges, MAX_FILE_BYTES, type ComponentFiles } from "./component-files.ts";
import { collectFiles } from "./collect-files.ts";

/**
 * A component on this machine's disk, with every relative import it reaches and the ranges of the nearest
 * `package.json`. Throws `ComponentFetchError` or, for code that does not parse, `ComponentCodeError`.
 */
export async function localComponentFiles(path: string): Promise<ComponentFiles> {
  const absolute = resolve(path).slice(1);
  const { entry, files } = await collectFiles({ read: readLocal, entry: absolute, url: path });
  const root = commonFolder([...files.keys()]);
  return {
    entry: relative(root, entry),
    files: new Map([...files].map(([name, text]) => [relative(root, name), text])),
    ranges: await nearestManifestRanges(dirname(`/${entry}`)),
  };
}

async function readLocal(path: string): Promise<string | null> {
  try {
    const { size } = await stat(`/${path}`);
    if (size > MAX_FILE_BYTES) throw new ComponentFetchError("too_large", `${path} is larger than 5 MB`, { url: path });
    return await readFile(`/${path}`, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    if (code === "ENOENT" || code === "EISDIR" || code === "ENOTDIR") return null;
    throw error;
  }
}

async function nearestManifestRanges(from: string): Promise<Record<string, string>> {
  for (let folder = from; ; folder = dirname(folder)) {
    const manifest = await readLocal(join(folder, "package.json").slice(1));
    if (manifest !== null) return declaredRanges(manifest);
    if (folder === dirname(folder)) return {};
  }
}

/** The deepest folder that holds all of them. */
function commonFolder(paths: readonly string[]): string {
  let folder = dirname(paths[0] ?? "");
  while (folder !== "." && !paths.every((path) => path.startsWith(`${folder}/`))) folder = dirname(folder);
  return folder === "." ? "" : folder;
}
