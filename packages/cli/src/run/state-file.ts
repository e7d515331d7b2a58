import { readFile, rename, writeFile } from "node:fs/promises";
import { UsageError } from "./usage-error.ts";

/** Content of `$.service.db`: JSON text by key. */
export type DbContent = Readonly<Record<string, string>>;

/** Reads the file that keeps `$.service.db` between local runs; a missing one is empty. */
export async function readState(path: string | null): Promise<DbContent> {
  if (path === null) return {};
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return {};
    throw error;
  }
  const parsed = parse(text);
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new UsageError(`${path} does not hold a JSON object`);
  }
  return Object.fromEntries(Object.entries(parsed).map(([key, value]) => [key, JSON.stringify(value)]));
}

/** Writes the file anew with a run's changes. */
export async function writeState(
  path: string,
  { before, writes }: { before: DbContent; writes: Readonly<Record<string, string | null>> },
): Promise<void> {
  const after = Object.entries({ ...before, ...writes }).filter(([, value]) => value !== null);
  const content = Object.fromEntries(
    after.map(([key, value]): [string, unknown] => [key, JSON.parse(value ?? "null")]),
  );
  await writeFile(`${path}.new`, `${JSON.stringify(content, null, 2)}\n`);
  await rename(`${path}.new`, path);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
