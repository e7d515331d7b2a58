import type { StepRun } from "../steps/index.ts";

/**
 * Runs a Python or Bash step. Exports and requests go to `step.record`; the promise becomes the return value of the step.
 * @throws what the script failed with.
 */
export function runScript(step: StepRun): Promise<unknown> {
  throw new TypeError(`Steps in ${step.invocation.lang} are not supported.`);
}
