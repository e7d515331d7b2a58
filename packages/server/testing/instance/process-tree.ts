import { readdirSync, readFileSync } from "node:fs";

/** Parent of each live process, by /proc. */
function parents(): Map<number, number> {
  const found = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (state !== "Z") found.set(pid, Number(parent));
    } catch {
      continue;
    }
  }
  return found;
}

/** A process and all its descendants that live now, in whatever session they are. */
export function processTree(root: number): number[] {
  const byPid = parents();
  const tree = byPid.has(root) ? [root] : [];
  for (const parent of tree) {
    for (const [pid, ppid] of byPid) if (ppid === parent) tree.push(pid);
  }
  return tree;
}

/** Sends a signal to each process that is still there. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
    }
  }
}

/** Name of a process's program; empty when the process is gone. */
export function programName(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return "";
  }
}

/** A process's command line; empty when the process is gone. */
export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}
