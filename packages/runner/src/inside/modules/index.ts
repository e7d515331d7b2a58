/** The user's code in this process: one component, or the modules of a workflow, imported from memory. */
export { describeModules } from "./describe-modules.ts";
export { ModuleTable } from "./module-table.ts";
export type { LoadedModule } from "./module-table.ts";
export { preloadPlatform } from "./import-module.ts";
