import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";

/** Directories with one entry for each sandbox, named `<pid of its parent>-<number>`. */
export const SOCKETS_DIR = "e";
export const TMP_DIR = "t";

const INIT_PID = 1;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

async function parentOf(pid: string): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  // The name in parentheses may hold anything.
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}

async function endIfOrphan(pid: string, socketsDir: string): Promise<void> {
  const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8");
  if (!commandLine.includes(`${socketsDir}/`) || (await parentOf(pid)) !== INIT_PID) return;
  process.kill(Number(pid), "SIGKILL");
}

/**
 * Tidies up after a host that was killed: sandboxes end with it, but a sandbox tool that was just starting one may wait for it for
 * ever, and files stay. Nothing that belongs to a living host is touched.
 */
export async function removeLeftovers(stateDir: string): Promise<void> {
  const pids = process.platform === "linux" ? await readdir("/proc") : [];
  const socketsDir = join(stateDir, SOCKETS_DIR);
  // Processes that end meanwhile, or belong to others, are no concern of ours.
  await Promise.allSettled(pids.filter((name) => /^\d+$/.test(name)).map((pid) => endIfOrphan(pid, socketsDir)));
  for (const dir of [socketsDir, join(stateDir, TMP_DIR)]) {
    for (const name of await readdir(dir)) {
      if (!isAlive(Number.parseInt(name, 10))) await rm(join(dir, name), { recursive: true, force: true });
    }
  }
}
