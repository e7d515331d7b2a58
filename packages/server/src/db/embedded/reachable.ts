import { statSync } from "node:fs";
import { dirname } from "node:path";

const OTHERS_MAY_ENTER = 0o001;

/** Whether a user without rights of its own can come to a path: every directory above it lets others pass. */
export function isReachableByOthers(path: string): boolean {
  let directory = dirname(path);
  for (;;) {
    if (!mayEnter(directory)) return false;
    const parent = dirname(directory);
    if (parent === directory) return true;
    directory = parent;
  }
}

function mayEnter(directory: string): boolean {
  return (statSync(directory).mode & OTHERS_MAY_ENTER) !== 0;
}
