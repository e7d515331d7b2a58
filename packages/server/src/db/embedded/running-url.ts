import { prepareLayout } from "./layout.ts";
import { readPostmasterFile, survivorArgs } from "./postmaster-file.ts";
import { socketUrl } from "./readiness.ts";

/** The address of the server that runs on a data directory in another process's care; null when none runs. */
export function runningUrl(dataDir: string): string | null {
  const { clusterDir } = prepareLayout(dataDir, { forOtherUser: process.getuid?.() === 0 });
  const file = readPostmasterFile(clusterDir);
  if (file === null || file.socketDir === "") return null;
  return survivorArgs(clusterDir, file) === null ? null : socketUrl(file.socketDir);
}
