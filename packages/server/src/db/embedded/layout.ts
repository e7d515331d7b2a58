import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StartupError } from "../../core/index.ts";
import { isReachableByOthers } from "./reachable.ts";

const SYSTEM_DIR = "/var/lib/millrace";
// A socket's path may have 107 bytes.
const LONGEST_SOCKET_DIR = 107 - "/.s.PGSQL.5432.lock".length;
const SOCKET_DIR_NAME_BYTES = "/millrace-pg-XXXXXX".length;

/** Where the files of one embedded server are. */
export interface Layout {
  /** Holds the cluster and the log; others may pass through it. */
  baseDir: string;
  /** PostgreSQL's own data directory. */
  clusterDir: string;
  logFile: string;
  /** Where copies of the binaries may go. */
  copyDir: string;
}

/**
 * Lays the server out below the data directory, or, when it will run as another user that can not come there, below
 * /var/lib with a note in the data directory saying where.
 * @throws StartupError `data_dir_unusable`.
 */
export function prepareLayout(dataDir: string, options: { forOtherUser: boolean; systemDir?: string }): Layout {
  const ownDir = join(dataDir, "postgres");
  try {
    mkdirSync(ownDir, { recursive: true, mode: options.forOtherUser ? 0o711 : 0o700 });
    if (!options.forOtherUser) return layoutIn(ownDir, join(dataDir, "cache"));
    // Only our own two directories are opened, and only to pass through; everything secret in them is 0600.
    chmodSync(dataDir, lstatSync(dataDir).mode | 0o011);
    chmodSync(ownDir, lstatSync(ownDir).mode | 0o011);
    if (isReachableByOthers(join(ownDir, "cluster"))) return layoutIn(ownDir, SYSTEM_DIR);
    return layoutElsewhere(ownDir, options.systemDir ?? SYSTEM_DIR);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartupError("data_dir_unusable", `The data directory ${dataDir} can not be used: ${reason}`, {
      cause: error,
    });
  }
}

function layoutIn(baseDir: string, copyDir: string): Layout {
  return { baseDir, copyDir, clusterDir: join(baseDir, "cluster"), logFile: join(baseDir, "postgres.log") };
}

function layoutElsewhere(ownDir: string, systemDir: string): Layout {
  const note = join(ownDir, "location");
  const noted = existsSync(note) ? readFileSync(note, "utf8").trim() : null;
  const baseDir = noted ?? join(systemDir, `data-${randomBytes(6).toString("hex")}`);
  mkdirSync(baseDir, { recursive: true });
  // Whatever the umask says: others pass through.
  for (const directory of [systemDir, baseDir]) chmodSync(directory, lstatSync(directory).mode | 0o011);
  if (noted === null) writeFileSync(note, `${baseDir}\n`);
  return layoutIn(baseDir, systemDir);
}

/** A new private directory for the socket, short enough for a socket's path. */
export function makeSocketDir(options: { forOtherUser: boolean }): string {
  const isFit = (dir: string): boolean =>
    Buffer.byteLength(dir) + SOCKET_DIR_NAME_BYTES <= LONGEST_SOCKET_DIR &&
    existsSync(dir) &&
    (!options.forOtherUser || isReachableByOthers(join(dir, "socket")));
  return mkdtempSync(join([tmpdir(), "/tmp"].find(isFit) ?? "/tmp", "millrace-pg-"));
}
