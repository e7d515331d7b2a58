/** What belongs to the workspace as a whole: members, keys, variables, stores, the audit log, the system. */
export { WorkspacePage } from "./workspace.tsx";
