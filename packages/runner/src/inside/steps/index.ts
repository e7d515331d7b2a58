/** Runs steps of workflows: `$`, what is recorded of a step, and the environment that its code sees. */
export { layerEnvironment } from "./environment.ts";
export { performStep } from "./perform-step.ts";
export type { Answer } from "./respond.ts";
export type { StepRun } from "./step-run.ts";
