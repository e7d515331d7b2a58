import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { ScriptError } from "../execution/index.ts";
import type { StepRun } from "../steps/index.ts";
import { BASH, killProgram, startFailure, startProgram } from "./child-program.ts";
import type { ProgramOptions } from "./child-program.ts";
import { readExports } from "./export-lines.ts";
import { logLines } from "./log-lines.ts";

const MAX_EXPORTS_BYTES = 16 * 1024 * 1024;
/** What a background process that escaped still writes is not waited for. */
const PIPES_GRACE_MS = 200;
const RETURN_VALUE = "$return_value";
const EXIT_CODE = "$exit_code";
let count = 0;

/**
 * Runs a Bash step in a process of its own. Another exit code than 0 ends the step without failing it: it becomes the
 * export `$exit_code`.
 * @returns what it exported as `$return_value`, else undefined. @throws ScriptError, LimitError
 */
export async function runBash(step: StepRun, options: ProgramOptions): Promise<unknown> {
  const { invocation, record, scope } = step;
  const dir = join(options.workDir, `.step-${process.pid}-${count++}`);
  const files = {
    script: join(dir, `${invocation.module}.sh`),
    steps: join(dir, "steps.json"),
    exports: join(dir, "exports"),
  };
  await mkdir(dir, { mode: 0o700 });
  try {
    await Promise.all([
      writeFile(files.script, invocation.code ?? ""),
      writeFile(files.steps, invocation.steps),
      writeFile(files.exports, ""),
    ]);
    const env = { ...options.env, PIPEDREAM_STEPS: files.steps, PIPEDREAM_EXPORTS: files.exports };
    const exitCode = await runScript(step, files.script, { ...options, env });
    if (exitCode !== 0) {
      record.exitCode = exitCode;
      record.export(EXIT_CODE, exitCode);
      scope.complain(`The script ended with exit code ${exitCode}.`);
    }
    return takeExports(step, await readExportsFile(files.exports));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function runScript(step: StepRun, path: string, options: ProgramOptions): Promise<number> {
  const { scope } = step;
  if (scope.isEnded) return 0;
  const child = startProgram(BASH, ["--noprofile", "--norc", path], options);
  const release = scope.whenEnded(() => killProgram(child));
  for (const kind of ["stdout", "stderr"] as const) {
    logLines(child[kind] as Readable, (line) => scope.log(kind, line.replaceAll(`${dirname(path)}/`, "")));
  }
  try {
    return await endOf(child);
  } finally {
    release();
  }
}

async function endOf(child: ChildProcess): Promise<number> {
  const closed = once(child, "close");
  closed.catch(() => undefined);
  const [exitCode, signal] = (await once(child, "exit").catch((error: unknown) => {
    throw startFailure(BASH, error as NodeJS.ErrnoException);
  })) as [number | null, NodeJS.Signals | null];
  // What it left behind in the background ends with the step.
  killProgram(child);
  const grace = Promise.withResolvers<void>();
  const timer = setTimeout(grace.resolve, PIPES_GRACE_MS);
  await Promise.race([closed, grace.promise]);
  clearTimeout(timer);
  for (const stream of child.stdio) stream?.destroy();
  return exitCode ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}

async function readExportsFile(path: string): Promise<string> {
  const { size } = await stat(path).catch(() => ({ size: 0 }));
  if (size > MAX_EXPORTS_BYTES)
    throw new ScriptError("The exports are too large.", { name: "ExportError", code: "RESULT_TOO_LARGE" });
  return size === 0 ? "" : readFile(path, "utf8");
}

function takeExports({ record }: StepRun, text: string): unknown {
  let returned: unknown;
  for (const [name, value] of readExports(text)) {
    if (name === RETURN_VALUE) returned = value;
    else record.export(name, value);
  }
  return returned;
}
