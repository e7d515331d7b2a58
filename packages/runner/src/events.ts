import type { EgressAttempt } from "./egress/index.ts";
import type { Observation } from "./invocation.ts";
import type { SandboxTier } from "./launch/index.ts";

/** The tier in use and, for each better one, why it cannot be had. */
export interface SandboxTierReport {
  readonly tier: SandboxTier;
  readonly reasons: readonly string[];
}

/** Whose process an event is about. */
export interface RunnerEventSubject {
  readonly orgId: string;
  readonly deploymentId: string;
}

/** What the host tells its owner beside results: for logs and audits. */
export type RunnerEvent =
  /** User code tried to reach something. */
  | ({ readonly type: "egress"; readonly attempt: EgressAttempt } & RunnerEventSubject)
  /** Something that user code did after its invocation had ended. */
  | ({ readonly type: "late"; readonly invocationId: string; readonly observation: Observation } & RunnerEventSubject)
  /** A deployment's process ended by itself. */
  | ({ readonly type: "crash"; readonly code: string; readonly message: string } & RunnerEventSubject)
  /** A blank sandbox could not be started. */
  | { readonly type: "startFailed"; readonly message: string };

export interface RunnerStats {
  readonly tier: SandboxTier;
  /** Processes bound to a deployment. */
  readonly processes: number;
  readonly blanks: number;
  readonly deployments: number;
  readonly inFlight: number;
  readonly queued: number;
  /** Processes that do not answer, busy with something that never yields. */
  readonly stuck: number;
  /** Invocations answered since start. */
  readonly runs: number;
}
