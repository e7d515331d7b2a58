import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { prepareDataDir } from "../config/index.ts";
import { StartupError } from "../core/index.ts";
import { BackupError } from "./backup-error.ts";

const NAME = "restore-unfinished";
/** What may lie in a directory that counts as empty: a file system's own. */
const FOREIGN = new Set(["lost+found"]);

/**
 * Says that a data directory is being restored, until it is done: no server starts on half of an instance, and the same
 * restore may be tried again. Answers the restore's id, the former one after an interruption.
 * @throws BackupError `target_not_empty`
 */
export function markUnfinished(dataDir: string): string {
  prepareDataDir(dataDir);
  const former = readMarker(dataDir);
  if (former !== null && former !== "") return former;
  const found = readdirSync(dataDir).filter((name) => !FOREIGN.has(name) && name !== NAME);
  if (found.length > 0) {
    throw new BackupError(
      "target_not_empty",
      `${dataDir} is not empty, and nothing is ever overwritten; set MILLRACE_DATA_DIR to a new directory.`,
    );
  }
  const id = randomBytes(12).toString("hex");
  writeFileSync(join(dataDir, NAME), id, { mode: 0o600, flush: true });
  return id;
}

export function removeMarker(dataDir: string): void {
  rmSync(join(dataDir, NAME), { force: true });
}

/** @throws StartupError `data_dir_unusable` where a restore has begun and not ended */
export function assertRestored(dataDir: string): void {
  if (readMarker(dataDir) === null) return;
  throw new StartupError(
    "data_dir_unusable",
    `A restore into ${dataDir} is under way or was interrupted; run "millrace restore <backup>" again to finish it`,
  );
}

function readMarker(dataDir: string): string | null {
  try {
    return readFileSync(join(dataDir, NAME), "utf8").trim();
  } catch {
    return null;
  }
}
