import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { processesWorkingIn, processState, signalProcess } from "./process-state.ts";

const ORPHAN_GRACE_MS = 3_000;

/** What a running server writes into its data directory. */
export interface PostmasterFile {
  pid: number;
  socketDir: string;
}

export function readPostmasterFile(clusterDir: string): PostmasterFile | null {
  try {
    const lines = readFileSync(join(clusterDir, "postmaster.pid"), "utf8").split("\n");
    const pid = Number(lines[0]);
    return Number.isInteger(pid) && pid > 1 ? { pid, socketDir: lines[4]?.trim() ?? "" } : null;
  } catch {
    return null;
  }
}

/**
 * The arguments of the server that still runs on this cluster, null when there is none. A lock file alone proves
 * nothing: its process may be a zombie, or the number may belong to someone else by now.
 */
export function survivorArgs(clusterDir: string, file: PostmasterFile): string[] | null {
  const state = processState(file.pid);
  if (state.kind !== "running") return null;
  const isOurs = state.args.length === 0 || state.args.includes(clusterDir);
  return isOurs ? state.args : null;
}

/**
 * Removes the lock files of a server that is gone. The data directory's file also guards against its orphaned
 * backends, so those are seen off first.
 */
export async function clearStaleLocks(clusterDir: string, socketDir: string): Promise<void> {
  const untilMs = performance.now() + ORPHAN_GRACE_MS;
  for (let orphans = liveOrphans(clusterDir); orphans.length > 0; orphans = liveOrphans(clusterDir)) {
    if (performance.now() > untilMs) for (const pid of orphans) signalProcess(pid, "SIGKILL");
    await delay(20);
  }
  rmSync(join(clusterDir, "postmaster.pid"), { force: true });
  if (socketDir === "") return;
  rmSync(join(socketDir, ".s.PGSQL.5432"), { force: true });
  rmSync(join(socketDir, ".s.PGSQL.5432.lock"), { force: true });
}

function liveOrphans(clusterDir: string): number[] {
  return processesWorkingIn(clusterDir).filter((pid) => processState(pid).kind === "running");
}
