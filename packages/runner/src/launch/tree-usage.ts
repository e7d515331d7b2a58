import { readdirSync, readFileSync } from "node:fs";

/** What a process and all below it take at the moment. */
export interface TreeUsage {
  readonly processCount: number;
  /** Memory of their own, shared memory included; files that are mapped do not count. */
  readonly memoryBytes: number;
}

/** Reads it from /proc; where there is none, or it tells nothing, nothing is known and all counts are zero. */
export function treeUsage(rootPid: number): TreeUsage {
  let processCount = 0;
  let memoryBytes = 0;
  const pids = [rootPid];
  for (let pid = pids.pop(); pid !== undefined; pid = pids.pop()) {
    try {
      memoryBytes += memoryOf(pid);
      pids.push(...childrenOf(pid));
      processCount++;
    } catch {
      continue; // it ended meanwhile
    }
  }
  return { processCount, memoryBytes };
}

function memoryOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  if (/^State:\s+[ZX]/m.test(status)) throw new Error(`${pid} is dead`);
  const sizes = status.matchAll(/^Rss(?:Anon|Shmem):\s+(\d+) kB/gm);
  return [...sizes].reduce((sum, [, kilobytes]) => sum + Number(kilobytes) * 1024, 0);
}

/** Each thread lists the children that it started. */
function childrenOf(pid: number): number[] {
  const threads = readdirSync(`/proc/${pid}/task`);
  const lists = threads.map((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").trim());
  return lists.filter((list) => list !== "").flatMap((list) => list.split(" ").map(Number));
}
