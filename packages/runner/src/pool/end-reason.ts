import type { InvocationErrorCode } from "../invocation.ts";
import type { ProcessEnd } from "../launch/index.ts";

/** Why a sandbox is no more, in words for the user whose code ran in it. */
export interface EndReason {
  readonly code: InvocationErrorCode;
  readonly message: string;
}

/** Exit codes of a process that ran out of heap: abort and the traps that V8 ends itself by. */
const OUT_OF_MEMORY_EXITS = new Set([132, 133, 134, 139]);
const OUT_OF_MEMORY_SIGNALS = new Set(["SIGABRT", "SIGSEGV", "SIGTRAP", "SIGILL"]);
const OUT_OF_MEMORY_WORDS = /FATAL ERROR.*(heap|memory|allocation)|out of memory|bad_alloc|OOM/i;
const KILLED_EXIT = 137;

/** Reads the cause off the way a process ended, when it was not us who ended it. */
export function reasonOf(end: ProcessEnd, memoryMb: number): EndReason {
  const abnormal =
    OUT_OF_MEMORY_EXITS.has(end.exitCode ?? 0) || (end.signal !== null && OUT_OF_MEMORY_SIGNALS.has(end.signal));
  if (abnormal && OUT_OF_MEMORY_WORDS.test(end.stderrTail)) {
    return outOfMemory(memoryMb);
  }
  if (end.exitCode === KILLED_EXIT || end.signal === "SIGKILL") {
    return { code: "INTERRUPTED", message: "The process was killed from outside" };
  }
  if (abnormal)
    return { code: "EXITED", message: `The process crashed (${end.signal ?? `exit code ${end.exitCode}`})` };
  return { code: "EXITED", message: `The code ended its process (exit code ${end.exitCode ?? end.signal})` };
}

export function outOfMemory(memoryMb: number): EndReason {
  return { code: "OUT_OF_MEMORY", message: `The code used more than its ${memoryMb} MB of memory` };
}

const START_COMPLAINT_CHARS = 300;

/** A process that ended before it could load anything: what the tools that start it had to say. */
export function startFailureOf(end: ProcessEnd): EndReason {
  const complaint = end.stderrTail.trim().replaceAll(/\s+/g, " ").slice(0, START_COMPLAINT_CHARS);
  const how = end.signal ?? `exit code ${end.exitCode}`;
  return {
    code: "UNAVAILABLE",
    message: `The sandbox did not start (${how})${complaint === "" ? "" : `: ${complaint}`}`,
  };
}
