import type { CallMethod, Json, RunnerHost, SendRequest } from "@millrace/runner";
import type { Accounts } from "../../accounts/index.ts";
import type { CodeStep, LoadedVersion } from "../definition/index.ts";

/** Finds what a workflow is. */
export interface WorkflowDefinitions {
  /** The version that new runs take; null: there is no such workflow. */
  current(of: { orgId: string; workflowId: string }): Promise<{ deploymentId: string; isActive: boolean } | null>;
  /** Null: it was deleted. */
  loadVersion(orgId: string, deploymentId: string): Promise<LoadedVersion | null>;
}

/** The environment variables that a workflow sees. */
export interface VariableValues {
  valuesFor(orgId: string, projectId: string | null): Promise<Readonly<Record<string, string>>>;
}

/** What code asks of the server while it runs, besides the engine's own calls. */
export interface StepCalls {
  call(
    from: { orgId: string; workflowId: string; projectId: string | null; step: CodeStep },
    method: CallMethod,
    params: Json,
  ): Promise<Json>;
}

/** Who a run's sends are from. */
export interface SendingRun {
  readonly orgId: string;
  readonly workflowId: string;
  readonly runId: string;
  /** The owner, whom `$.send.email` reaches. */
  readonly userId: string | null;
  readonly workflowName: string;
}

/** Delivers what runs send. */
export interface Destinations {
  /** Once each, without trying again; outcomes in the order of the sends. Never rejects. */
  deliver(run: SendingRun, sends: readonly SendRequest[]): Promise<readonly object[]>;
}

/** A run that has failed for good. */
export interface RunFailure extends SendingRun {
  /** Of the step that failed; null: the workflow as a whole did. */
  readonly namespace: string | null;
  readonly error: { readonly name: string; readonly message: string; readonly stack?: string | undefined };
  readonly atMs: number;
}

/** Tells owners of failures. */
export interface FailureMails {
  /** Never rejects. */
  tell(failure: RunFailure): Promise<unknown>;
}

export type StepSandbox = Pick<RunnerHost, "invoke">;
export type StepAccounts = Pick<Accounts, "credentialsFor">;
