/** Keeps sandboxes ready, gives each deployment its own, spreads invocations over them and survives whatever user code does to them. */
export { DeploymentRunner } from "./deployment-runner.ts";
export type { DeploymentRunnerPorts } from "./deployment-runner.ts";
export { LoadError, Sandbox, SandboxEndedError } from "./sandbox.ts";
export { BLANK_MEMORY_MB, launchSandbox, SandboxPool } from "./sandbox-pool.ts";
export { Watchdog } from "./watchdog.ts";
