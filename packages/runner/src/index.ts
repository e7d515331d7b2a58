/** Runs code of strangers in sandboxed processes; knows nothing of the server and is usable alone. */
export * from "./build/index.ts";
export { ComponentCodeError } from "./invocation.ts";
export type * from "./invocation.ts";
export type * from "./step.ts";
export type { RunnerEvent, RunnerEventSubject, RunnerStats, SandboxTierReport } from "./events.ts";
export { AddressPolicy, HostResolver } from "./egress/index.ts";
export type { EgressAttempt, EgressRules, ResolveHost } from "./egress/index.ts";
export { runnerStateDir, type SandboxTier } from "./launch/index.ts";
export { SandboxEndedError } from "./pool/index.ts";
export { RunnerHost, type RunnerHostOptions } from "./runner-host.ts";
