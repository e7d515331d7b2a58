/** What a workflow is made of: reading definitions, naming all that is wrong with them, and the form in which versions are kept. */
export { checkExpressions } from "./expressions.ts";
export { leavesOf, mapLeaves } from "./flow.ts";
export type * from "./loaded-version.ts";
export { Fields, Problems } from "./problems.ts";
export { DEFAULT_SETTINGS, readSettings, shownRetry, shownSettings } from "./settings.ts";
export type { DraftNode, StepDraft } from "./drafts.ts";
export { readSteps, runtimeOf } from "./step-drafts.ts";
export type * from "./stored-definition.ts";
export { mergeTemplate, type RawDefinition } from "./template-merge.ts";
export {
  readTriggers,
  type HttpTriggerDraft,
  type SourceTriggerDraft,
  type TimerTriggerDraft,
  type TriggerDraft,
} from "./trigger-drafts.ts";
