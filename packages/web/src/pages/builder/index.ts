/** The editor of a workflow: triggers, steps, branches and loops. */
export { Builder } from "./builder.tsx";
