import type { Fields } from "./problems.ts";
import type { StepRetry, WorkflowSettings } from "./loaded-version.ts";

/** The settings of a request. What is absent stays as it was. */
export interface SettingsChange {
  readonly name: string | undefined;
  readonly autoDeploy: boolean | undefined;
  readonly settings: WorkflowSettings;
}

export const DEFAULT_SETTINGS: WorkflowSettings = {
  timeoutMs: 30_000,
  memoryMb: 256,
  concurrency: null,
  throttle: null,
  queueSize: 10_000,
  retainMs: null,
  autoRetry: false,
  errorEmails: true,
};

const KNOWN = [
  ...["name", "auto_deploy", "timeout_s", "memory_mb", "concurrency", "throttle", "queue_size", "retain_s"],
  ...["auto_retry", "error_emails"],
];
const DAY_SECONDS = 86_400;
const YEAR_SECONDS = 366 * DAY_SECONDS;

/** Reads `settings` over those that hold now. Problems are noted, and the old value kept. */
export function readSettings(fields: Fields | undefined, old: WorkflowSettings): SettingsChange {
  if (!fields) return { name: undefined, autoDeploy: undefined, settings: old };
  fields.refuseOthers(KNOWN);
  const timeoutS = fields.whole("timeout_s", { min: 1, max: 750 });
  const settings: WorkflowSettings = {
    timeoutMs: timeoutS === undefined ? old.timeoutMs : timeoutS * 1000,
    memoryMb: fields.whole("memory_mb", { min: 128, max: 2_048 }) ?? old.memoryMb,
    concurrency: orNull(fields, "concurrency", {
      old: old.concurrency,
      read: () => fields.whole("concurrency", { min: 1, max: 10_000 }),
    }),
    throttle: orNull(fields, "throttle", { old: old.throttle, read: () => readThrottle(fields) }),
    queueSize: fields.whole("queue_size", { min: 1, max: 1_000_000 }) ?? old.queueSize,
    retainMs: orNull(fields, "retain_s", {
      old: old.retainMs,
      read: () => {
        const seconds = fields.whole("retain_s", { min: 0, max: 10 * YEAR_SECONDS });
        return seconds === undefined ? undefined : seconds * 1000;
      },
    }),
    autoRetry: fields.truth("auto_retry") ?? old.autoRetry,
    errorEmails: fields.truth("error_emails") ?? old.errorEmails,
  };
  return { name: fields.text("name", { maxLength: 200 }), autoDeploy: fields.truth("auto_deploy"), settings };
}

/** Settings as replies and templates show them. */
export function shownSettings(name: string, settings: WorkflowSettings) {
  const { throttle } = settings;
  return {
    name,
    timeout_s: settings.timeoutMs / 1000,
    memory_mb: settings.memoryMb,
    concurrency: settings.concurrency,
    throttle: throttle && { limit: throttle.limit, interval_s: throttle.intervalMs / 1000 },
    queue_size: settings.queueSize,
    retain_s: settings.retainMs === null ? null : settings.retainMs / 1000,
    auto_retry: settings.autoRetry,
    error_emails: settings.errorEmails,
  };
}

/** A field that can be given as null, which is a value of its own. */
function orNull<T>(
  fields: Fields,
  name: string,
  { old, read }: { old: T | null; read: () => T | undefined },
): T | null {
  if (!fields.has(name)) return old;
  if (fields.raw(name) === undefined) return null;
  return read() ?? old;
}

function readThrottle(fields: Fields): WorkflowSettings["throttle"] | undefined {
  const throttle = fields.inner("throttle");
  if (!throttle) return undefined;
  throttle.refuseOthers(["limit", "interval_s"]);
  if (!throttle.has("limit")) throttle.problem("limit", "is required");
  const limit = throttle.whole("limit", { min: 0, max: 10_000 });
  const intervalS =
    throttle.raw("interval_s") === undefined ? 1 : throttle.whole("interval_s", { min: 1, max: 36_000_000 });
  return limit === undefined || intervalS === undefined ? undefined : { limit, intervalMs: intervalS * 1000 };
}

/** Reads `retry` of a step. */
export function readRetry(fields: Fields | undefined): StepRetry | undefined {
  if (!fields) return undefined;
  fields.refuseOthers(["max_attempts", "backoff_s", "factor", "max_backoff_s", "errors"]);
  if (!fields.has("max_attempts")) fields.problem("max_attempts", "is required");
  const maxAttempts = fields.whole("max_attempts", { min: 1, max: 100 });
  const backoffS = fields.number("backoff_s", { min: 0, max: DAY_SECONDS }) ?? 1;
  const factor = fields.number("factor", { min: 1, max: 10 }) ?? 2;
  const maxBackoffS = fields.number("max_backoff_s", { min: 0, max: YEAR_SECONDS }) ?? DAY_SECONDS;
  const errorNames = readErrorNames(fields);
  if (maxAttempts === undefined) return undefined;
  const backoffMs = Math.round(backoffS * 1000);
  return { maxAttempts, backoffMs, factor, maxBackoffMs: Math.round(maxBackoffS * 1000), errorNames };
}

function readErrorNames(fields: Fields): string[] | null {
  const names = fields.list("errors");
  if (names === undefined) return null;
  if (names.every((name) => typeof name === "string" && name !== "")) return names as string[];
  fields.problem("errors", "must be a list of names of errors");
  return null;
}

/** A retry policy as replies and templates show it. */
export function shownRetry(retry: StepRetry) {
  return {
    max_attempts: retry.maxAttempts,
    backoff_s: retry.backoffMs / 1000,
    factor: retry.factor,
    max_backoff_s: retry.maxBackoffMs / 1000,
    ...(retry.errorNames && { errors: [...retry.errorNames] }),
  };
}
