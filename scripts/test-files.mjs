import { readdirSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { root } from "./setup.mjs";

const FOLDERS = ["packages", "bench", "scripts", "examples"];

/** All test files of the checkout, or those whose path contains one of the given texts. */
export function findTestFiles(selections) {
  const files = FOLDERS.flatMap((folder) => walk(join(root, folder)));
  files.sort((a, b) => a.localeCompare(b));
  if (selections.length === 0) return files;
  const wanted = selections.map((selection) => relative(root, resolve(selection)).replace(/^(\.\.\/)+/, ""));
  return files.filter((file) => [...selections, ...wanted].some((text) => relative(root, file).includes(text)));
}

function walk(directory) {
  return entriesOf(directory).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return entry.name === "node_modules" || entry.name.startsWith(".") ? [] : walk(path);
    return /\.test\.(ts|mjs)$/.test(entry.name) ? [path] : [];
  });
}

function entriesOf(directory) {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}
