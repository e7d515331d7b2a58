/** When a step that failed is tried again; its attempts, waits and errors. */
export interface StepRetryPolicy {
  readonly maxAttempts: number;
  readonly backoffMs: number;
  readonly factor: number;
  readonly maxBackoffMs: number;
  readonly errorNames: readonly string[] | null;
}

export interface FailedStep {
  /** Failures in a row, this one included. */
  readonly failures: number;
  readonly code: string;
  readonly name: string;
}

const AUTO_RETRIES = 8;
/** The waits double; all of them together last this long. */
const AUTO_RETRY_SPAN_MS = 10 * 3_600_000;
/** Trying again cannot help. */
const FINAL_CODES = new Set(["CONFIGURATION_ERROR"]);
const FINAL_NAMES = new Set(["ConfigurationError"]);
/** Nor can it here, by the rules of auto-retry. */
const NOT_AUTO_RETRIED = new Set(["TIMEOUT", "OUT_OF_MEMORY"]);

/** Milliseconds until a step's own policy tries it again; null when it does not. */
export function stepRetryDelayMs(policy: StepRetryPolicy | null, failed: FailedStep): number | null {
  if (policy === null || isFinal(failed) || failed.failures >= policy.maxAttempts) return null;
  if (policy.errorNames !== null && !policy.errorNames.includes(failed.name)) return null;
  return Math.min(policy.maxBackoffMs, Math.round(policy.backoffMs * policy.factor ** (failed.failures - 1)));
}

/** Milliseconds until a workflow with auto-retry goes on from its failed step, after `retries` of them; null: no more. */
export function autoRetryDelayMs(retries: number, failed: FailedStep): number | null {
  if (isFinal(failed) || NOT_AUTO_RETRIED.has(failed.code) || retries >= AUTO_RETRIES) return null;
  return Math.round((AUTO_RETRY_SPAN_MS / (2 ** AUTO_RETRIES - 1)) * 2 ** retries);
}

/** Whether a call of `rerun` counts: a step runs at most once more than `maxRetries` says. */
export function mayRerun({ runs, maxRetries }: { runs: number; maxRetries: number }): boolean {
  return runs <= maxRetries;
}

function isFinal({ code, name }: FailedStep): boolean {
  return FINAL_CODES.has(code) || FINAL_NAMES.has(name);
}
