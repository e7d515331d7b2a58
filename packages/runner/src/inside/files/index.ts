/** The file store of a project, as code sees it: `$.files`. */
export { createFileStore, reviveFiles } from "./file-store.ts";
export type { FileStore } from "./file-store.ts";
