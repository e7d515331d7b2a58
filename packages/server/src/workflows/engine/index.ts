/** Running workflows: from a delivery to what is recorded, over pauses, retries and crashes. */
export { CallbackCalls, type CallbackOutcome } from "./callback-calls.ts";
export { Engine, type EngineOptions } from "./engine.ts";
export type { Destinations, SendingRun, StepCalls, VariableValues, WorkflowDefinitions } from "./ports.ts";
export { RunCancellation } from "./run-cancellation.ts";
export { ERRORS_CHANNEL, isOfBegunRun, LOGS_CHANNEL, STREAM_CHANNEL } from "./run-info.ts";
export { runChores } from "./run-chores.ts";
export type { RunFilter } from "./run-reader.ts";
export { Runs } from "./runs.ts";
export { StepTests } from "./step-tests.ts";
export { WaitUrls, type WaitPurpose } from "./wait-urls.ts";
