/** Workflows: their list, one of them with its runs, versions and settings, and a new one. */
export { NewWorkflowPage } from "./new-workflow.tsx";
export { WorkflowPage } from "./workflow.tsx";
export { WorkflowsPage } from "./workflows.tsx";
