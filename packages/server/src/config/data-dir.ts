import { randomBytes } from "node:crypto";
import { accessSync, constants, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StartupError } from "../core/index.ts";

/**
 * Makes the data directory when there is none and checks that it can be written to.
 * @throws StartupError `data_dir_unusable`.
 */
export function prepareDataDir(dataDir: string): void {
  try {
    // Users that run the database or user code pass through; what is secret in it is 0600.
    mkdirSync(dataDir, { recursive: true, mode: 0o711 });
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartupError("data_dir_unusable", `MILLRACE_DATA_DIR: ${dataDir} can not be written to: ${reason}`, {
      cause: error,
    });
  }
}

/** The text of a private file (0600), made when it is missing; processes that race for it all get the same. */
export function readOrCreatePrivateFile(path: string, create: () => string): string {
  const found = readIfThere(path);
  if (found !== null) return found;
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  writeFileSync(draft, create(), { mode: 0o600, flag: "wx", flush: true });
  try {
    linkSync(draft, path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    rmSync(draft);
  }
  return readFileSync(path, "utf8").trim();
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

/** The name that this node keeps over restarts: the given one, or one made for its data directory. */
export function loadNodeName(config: { nodeName: string | null; dataDir: string }): string {
  const create = (): string => `node-${randomBytes(8).toString("hex")}`;
  return config.nodeName ?? readOrCreatePrivateFile(join(config.dataDir, "node-name"), create);
}
