import type { Json } from "../../invocation.ts";
import type { Calls } from "../calls/index.ts";
import { isObject } from "../definition/index.ts";
import type { UserObject } from "../definition/index.ts";
import { StoredFile } from "./stored-file.ts";

/** What lies in a directory of the store. */
export interface DirectoryEntry {
  name: string;
  path: string;
  size: number | undefined;
  modifiedAt: Date | undefined;
  isFile(): boolean;
  isDirectory(): boolean;
  /** The file itself; undefined for a directory. */
  file: StoredFile | undefined;
}

/** `$.files`. */
export interface FileStore {
  /** A file by its path; nothing is read, and it need not exist yet. */
  open(path: unknown): StoredFile;
  /** A file by what its `toJSON` gave. */
  openDescriptor(descriptor: unknown): StoredFile;
  /** What lies in a directory, the root by default. */
  dir(path?: unknown): AsyncGenerator<DirectoryEntry>;
}

export function createFileStore(calls: Calls): FileStore {
  return {
    open: (path) => new StoredFile(readPath(path), calls),
    openDescriptor: (descriptor) =>
      new StoredFile(readPath(isObject(descriptor) ? descriptor["path"] : descriptor), calls),
    async *dir(path = "") {
      let after: Json = null;
      do {
        const params: Json = { path: readPath(path === "" ? "/" : path), after };
        const answer = await calls.call("files.list", params);
        const { entries, next } = isObject(answer) ? answer : {};
        for (const entry of Array.isArray(entries) ? entries : []) {
          if (isObject(entry)) yield readEntry(entry, calls);
        }
        after = typeof next === "string" ? next : null;
      } while (after !== null);
    },
  };
}

/** Replaces descriptors of files that earlier steps returned with the files: those that are a whole `$return_value`. */
export function reviveFiles(steps: UserObject, files: FileStore): void {
  for (const exports of Object.values(steps)) {
    if (!isObject(exports) || !StoredFile.isDescriptor(exports["$return_value"])) continue;
    exports["$return_value"] = files.openDescriptor(exports["$return_value"]);
  }
}

function readPath(path: unknown): string {
  if (typeof path !== "string" || path === "" || path.includes("\0")) throw new TypeError("A file's path is a text.");
  return path;
}

function readEntry(entry: UserObject, calls: Calls): DirectoryEntry {
  const { name, path, isDirectory, sizeBytes, modifiedAtMs } = entry;
  const isDir = isDirectory === true;
  return {
    name: String(name),
    path: String(path),
    size: typeof sizeBytes === "number" ? sizeBytes : undefined,
    modifiedAt: typeof modifiedAtMs === "number" ? new Date(modifiedAtMs) : undefined,
    isFile: () => !isDir,
    isDirectory: () => isDir,
    file: isDir ? undefined : new StoredFile(String(path), calls),
  };
}
