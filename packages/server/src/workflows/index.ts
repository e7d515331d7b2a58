/** Workflows: what they are made of, their versions and triggers, templates and environment variables. */
export { AccountUses } from "./account-uses.ts";
export { EnvVars, type EnvVarName } from "./env-vars.ts";
export { PropConfiguration, type ConfiguredComponent, type PropOptions } from "./prop-configuration.ts";
export type { Template } from "./templates.ts";
export type { DraftToTest, TestedNode } from "./step-drafts.ts";
export type { NewWorkflow } from "./workflow-creation.ts";
export type { WorkflowsOptions } from "./workflow-parts.ts";
export type { WorkflowReply } from "./workflow-reply.ts";
export type { WorkflowChange } from "./workflow-update.ts";
export { Workflows } from "./workflows.ts";
export { putLane, type LaneSettings } from "./lane-rows.ts";
