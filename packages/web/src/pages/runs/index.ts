/** Runs: a list with filters, and one run step by step. */
export { RunFilter, type RunFilterValue } from "./run-filter.tsx";
export { RunPage } from "./run.tsx";
export { RunTable } from "./run-table.tsx";
export { RunsPage } from "./runs.tsx";
