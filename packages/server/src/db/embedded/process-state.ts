import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** What the system knows of a process id. A zombie is dead but its parent has not taken notice. */
export type ProcessState =
  { kind: "none" } | { kind: "zombie" } | { kind: "running"; args: string[]; startedAt: string };

function readProc(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

/** Looks a process up. Without /proc (macOS) only whether it runs is known: `args` and `startedAt` stay empty. */
export function processState(pid: number): ProcessState {
  const stat = readProc(`/proc/${pid}/stat`);
  if (stat === null) return isSignalable(pid) ? { kind: "running", args: [], startedAt: "" } : { kind: "none" };
  // The name in parentheses may hold spaces: fields are counted after it. State is the first, start time the 20th.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields[0] === "Z" || fields[0] === "X") return { kind: "zombie" };
  const args = (readProc(`/proc/${pid}/cmdline`) ?? "").split("\0").slice(0, -1);
  return { kind: "running", args, startedAt: fields[19] ?? "" };
}

function isSignalable(pid: number): boolean {
  if (process.platform === "linux") return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** Living processes that work in a directory; none where /proc does not tell. */
export function processesWorkingIn(directory: string): number[] {
  let entries: string[];
  try {
    entries = readdirSync("/proc");
  } catch {
    return [];
  }
  return entries.map(Number).filter((pid) => Number.isInteger(pid) && workingDirectory(pid) === directory);
}

function workingDirectory(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return null;
  }
}

/** Sends a signal; false when nobody is there to get it. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
