import type { RunTrigger } from "./run-info.ts";

/** What a step waits for. At its time a suspended one is cancelled; every other goes on. */
export interface Wait {
  /** Of the step. */
  readonly key: string;
  /** Names this wait in its URLs. */
  readonly id: string;
  readonly kind: "delay" | "suspend" | "rerun" | "retry" | "auto_retry";
  readonly dueAtMs: number;
}

/** What a run has to know besides its recorded steps. */
export interface RunState {
  /** Stands first in the text, where SQL looks for it. */
  readonly isUnstored?: true;
  readonly waits: readonly Wait[];
  /** Auto-retries so far. */
  readonly autoRetries: number;
  /** Kept from the first pause on: the event itself may be gone by then. */
  readonly trigger?: RunTrigger;
}

/** An event of `$resume`: its time came, or somebody called a URL of one of its waits. */
export interface ResumePayload {
  readonly run_id: string;
  readonly due_at_ms?: number;
  readonly wait?: string;
  readonly request?: unknown;
}

/** JSON text of the state of a run that has ended and is to be forgotten; others have none then. */
export const UNSTORED_STATE = '{"isUnstored":true,"waits":[],"autoRetries":0}';
/** SQL: the state that a run ends with. */
export const ENDED_STATE = `case when starts_with(known.state, '{"isUnstored":true') then '${UNSTORED_STATE}' end`;
export const NEW_STATE: RunState = { waits: [], autoRetries: 0 };

/** The state that a run ends with. */
export function endedState(run: { readonly isUnstored: boolean }): string | null {
  return run.isUnstored ? UNSTORED_STATE : null;
}

/** The name of the wait that an attempt of a step may begin. */
export function waitId({ key, attempt }: { key: string; attempt: number }): string {
  return `${key}!${attempt}`;
}

/** Divides the waits of a run into those that an event of `$resume` ends, and the rest. */
export function resolveWaits(
  waits: readonly Wait[],
  resume: ResumePayload,
): { resolved: readonly Wait[]; left: readonly Wait[] } {
  const isResolved = (wait: Wait): boolean =>
    resume.wait === undefined ? wait.dueAtMs <= (resume.due_at_ms ?? 0) : wait.id === resume.wait;
  return { resolved: waits.filter(isResolved), left: waits.filter((wait) => !isResolved(wait)) };
}
