/** Builds one component and runs it once on this machine. */
export { reportJson, reportText } from "./report-text.ts";
export { runLocally, type LocalRun, type LocalRunReport } from "./run-locally.ts";
export { UsageError } from "./usage-error.ts";
