import { readdirSync, readFileSync } from "node:fs";

const TICK_US = 10_000;

interface ProcessTimes {
  parentPid: number;
  /** Of the process and of its ended children. */
  cpuUs: number;
}

function timesOf(pid: string): ProcessTimes | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0);
    return { parentPid: Number(fields[1]), cpuUs: ticks * TICK_US };
  } catch {
    return null;
  }
}

/** CPU time spent so far by a PostgreSQL server with all its processes, in microseconds. */
export function serverCpuUs(postmasterPid: number): number {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => ({ pid: Number(pid), times: timesOf(pid) }))
    .filter(({ pid, times }) => times !== null && (pid === postmasterPid || times.parentPid === postmasterPid))
    .reduce((sum, { times }) => sum + (times?.cpuUs ?? 0), 0);
}

/** CPU time spent so far by this process, in microseconds. */
export function ownCpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
