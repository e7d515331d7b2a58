import { readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/** The installer's own area below the store. */
export const WORK_DIR = ".work";
export const STAGING_DIR = "staging";
/** In every complete set; its modification time says when the set was last used. */
export const LOCK_FILE = "millrace-lock.json";

const SET_NAME = /^[0-9a-f]{40}$/;
const STAGING_MAX_AGE_MS = 60 * 60 * 1000;

/**
 * Removes dependency sets that are neither in `referenced` nor used within `unusedForMs`, and staging directories of
 * installations that died. Returns the number of sets removed.
 */
export async function collectUnusedSets(
  storeDir: string,
  options: { referenced: ReadonlySet<string>; unusedForMs: number; nowMs: number },
): Promise<number> {
  const staging = join(storeDir, WORK_DIR, STAGING_DIR);
  for (const name of await namesIn(staging)) {
    const path = join(staging, name);
    if (options.nowMs - (await modifiedAtMs(path)) > STAGING_MAX_AGE_MS)
      await rm(path, { recursive: true, force: true });
  }
  let removed = 0;
  for (const name of await namesIn(storeDir)) {
    if (!SET_NAME.test(name) || options.referenced.has(name)) continue;
    if (options.nowMs - (await modifiedAtMs(join(storeDir, name, LOCK_FILE))) <= options.unusedForMs) continue;
    await removeSet(join(storeDir, name), join(staging, `removed-${name}`));
    removed++;
  }
  return removed;
}

/** Out of sight first: a set is there whole or not at all. */
async function removeSet(path: string, aside: string): Promise<void> {
  await rm(aside, { recursive: true, force: true });
  await rename(path, aside);
  await rm(aside, { recursive: true, force: true });
}

async function namesIn(dir: string): Promise<string[]> {
  return readdir(dir).catch(() => []);
}

/** 0 when there is nothing. */
async function modifiedAtMs(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}
