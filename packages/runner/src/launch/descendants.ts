import { readdirSync, readFileSync } from "node:fs";

/**
 * Processes that a process started, and those that they started, whatever group they are in.
 * Where `/proc` does not tell, there are none.
 */
export function descendantsOf(pid: number): number[] {
  const childrenOf = Map.groupBy(allProcesses(), ({ parent }) => parent);
  const found: number[] = [];
  const toVisit = [pid];
  for (let next = toVisit.pop(); next !== undefined; next = toVisit.pop()) {
    const children = (childrenOf.get(next) ?? []).map((child) => child.pid);
    found.push(...children);
    toVisit.push(...children);
  }
  return found;
}

function allProcesses(): { pid: number; parent: number }[] {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map((name) => ({ pid: Number(name), parent: parentOf(name) }));
  } catch {
    return [];
  }
}

function parentOf(pid: string): number {
  try {
    // The name before it may contain anything, closing brackets too.
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return 0;
  }
}
