/** Starts sandboxed processes: what this machine can do, what they may see, and the command line that makes it so. */
export { isReachableByOthers, runnerStateDir } from "./state-dir.ts";
export { Launcher } from "./launcher.ts";
export type { LaunchedProcess, LaunchSpec, ProcessEnd } from "./launcher.ts";
export { prepareRuntimeLayer } from "./runtime-layer.ts";
export type { InsideEntry, RuntimeLayer } from "./runtime-layer.ts";
export type { LauncherOptions } from "./launcher.ts";
export { candidateTiers, findTools } from "./tools.ts";
export type { SandboxTier, SandboxTools } from "./tools.ts";
export { UidPool } from "./uid-pool.ts";
