import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { belongsToComponents } from "@millrace/runner";
import { UsageError } from "../run/index.ts";

/** Files to upload. */
export interface FolderFiles {
  readonly paths: readonly string[];
  /** SHA-256 over paths and contents: the same files are the same upload. */
  readonly digest: string;
  read(path: string): Promise<string>;
}

const MAX_FILE_BYTES = 2 * 1024 * 1024;

/** Finds the code below a folder, without tests and installed packages. @throws UsageError when there is none */
export async function folderFiles(folder: string): Promise<FolderFiles> {
  const found = await stat(folder).catch(() => null);
  if (!found?.isDirectory()) throw new UsageError(`${folder} is no folder`);
  const paths: string[] = [];
  const folders = [folder];
  for (let current = folders.pop(); current !== undefined; current = folders.pop()) {
    for (const entry of await readdir(current, { withFileTypes: true })) {
      const path = join(current, entry.name);
      const name = relative(folder, path).split(sep).join("/");
      // Asking for a file in it tells whether the folder is one that is looked through.
      if (entry.isDirectory() && belongsToComponents(`${name}/x.mjs`)) folders.push(path);
      else if (entry.isFile() && belongsToComponents(name) && (await stat(path)).size <= MAX_FILE_BYTES)
        paths.push(name);
    }
  }
  if (paths.length === 0) throw new UsageError(`${folder} holds no code`);
  const read = (path: string): Promise<string> => readFile(join(folder, path), "utf8");
  const sorted = paths.toSorted();
  const hash = createHash("sha256");
  for (const path of sorted) hash.update(`${path}\0${await read(path)}\0`);
  return { paths: sorted, digest: hash.digest("hex"), read };
}
