import { FileStoreError } from "./file-error.ts";

const MAX_CHARACTERS = 1_024;

/** A path in its one spelling: `a/b.txt`. @throws FileStoreError for what can not be the path of a file */
export function filePath(text: unknown): string {
  const path = directoryPath(text);
  if (path === "") throw new FileStoreError("invalid_path", "The path of a file must name one");
  return path;
}

/** The same of a directory; the root is "". @throws FileStoreError */
export function directoryPath(text: unknown): string {
  if (typeof text !== "string" || !text.isWellFormed() || hasControls(text)) {
    throw new FileStoreError("invalid_path", "A path must be a text without control characters");
  }
  if (text.length > MAX_CHARACTERS) {
    throw new FileStoreError("invalid_path", `A path may have ${MAX_CHARACTERS} characters`);
  }
  const parts = text.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..")) throw new FileStoreError("invalid_path", "A path must not hold ..");
  return parts.join("/");
}

/** The last part of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** They have no place in terminals and headers, where names of files end up. */
function hasControls(text: string): boolean {
  return Array.from(text).some((sign) => sign < " " || sign === "\u007F");
}
