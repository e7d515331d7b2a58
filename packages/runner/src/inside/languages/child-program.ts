import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { currentScope, ScriptError } from "../execution/index.ts";

/** Taken before user code runs, and before signals are guarded. */
const kill = process.kill.bind(process);

/** How programs are started here. */
export interface ProgramOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly workDir: string;
  /** Words to put before every command. */
  readonly wrapper: readonly string[];
}

/** What a step in a language cannot do without. */
export interface Program {
  readonly command: string;
  /** For people. */
  readonly language: string;
}

export const PYTHON: Program = { command: "python3", language: "Python" };
export const BASH: Program = { command: "bash", language: "Bash" };

/**
 * Starts a program in a process group of its own; its fds 1, 2 and 3 are pipes to us.
 * It belongs to no invocation: what its streams bring is put down to the right one by whoever listens.
 */
export function startProgram(program: Program, args: readonly string[], options: ProgramOptions): ChildProcess {
  const [file, ...before] = [...options.wrapper, program.command];
  return currentScope.exit(() =>
    spawn(file, [...before, ...args], {
      cwd: options.workDir,
      env: options.env,
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      detached: true,
    }),
  );
}

/** Ends a program with everything that it started. */
export function killProgram({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    kill(-pid, "SIGKILL");
  } catch {
    // It is gone already, which is what was wanted.
  }
}

/** Says what to do when a program could not be started. */
export function startFailure(program: Program, error: NodeJS.ErrnoException): ScriptError {
  const { command, language } = program;
  const message =
    error.code === "ENOENT"
      ? `${language} steps need ${command}, which the machine that runs them does not have. Install the package ` +
        `"${command}" there (Debian, Ubuntu: apt-get install ${command}) and restart Millrace.`
      : `${command} could not be started: ${error.message}`;
  return new ScriptError(message, { name: "ProgramMissing", code: "UNAVAILABLE" });
}
