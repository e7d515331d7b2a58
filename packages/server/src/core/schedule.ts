import { Cron } from "croner";

/** When a timer ticks. */
export type Schedule =
  | { readonly kind: "interval"; readonly intervalSeconds: number }
  | { readonly kind: "cron"; readonly cron: string; readonly timezone: string };

export type ParsedSchedule = { readonly schedule: Schedule } | { readonly problem: string };

/** The event of a tick, as `run(event)` receives it. */
export type TickEvent =
  | { timestamp: number; interval_seconds: number }
  | { timestamp: number; cron: string; timezone_configured: ZonedTime; timezone_utc: ZonedTime };

export interface ZonedTime {
  timezone: string;
  iso8601: string;
  date: string;
  time: string;
  day_of_week: string;
}

export const MIN_INTERVAL_SECONDS = 1;
const MAX_INTERVAL_SECONDS = 100_000_000;
const DEFAULT_TIMEZONE = "UTC";
const MISSING = "must be {intervalSeconds: number} or {cron: string}";

/**
 * Reads a timer's configured value: `{intervalSeconds}` or `{cron, timezone?}`, or the form in which replies echo it
 * (`{cron, interval_seconds}` with null for the other).
 * @param nowMs needed to tell whether a cron expression ever fires
 */
export function parseSchedule(value: unknown, nowMs: number): ParsedSchedule {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { problem: MISSING };
  const given: Record<string, unknown> = { ...value };
  const interval = given["intervalSeconds"] ?? given["interval_seconds"] ?? null;
  const cron = given["cron"] ?? null;
  if (interval !== null && cron !== null) return { problem: "give either intervalSeconds or cron, not both" };
  if (interval !== null) return parseInterval(interval);
  if (cron !== null) return parseCron(cron, given["timezone"] ?? DEFAULT_TIMEZONE, nowMs);
  return { problem: MISSING };
}

function parseInterval(value: unknown): ParsedSchedule {
  const seconds = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof seconds !== "number" || !Number.isInteger(seconds)) {
    return { problem: "intervalSeconds must be a whole number" };
  }
  if (seconds < MIN_INTERVAL_SECONDS || seconds > MAX_INTERVAL_SECONDS) {
    return { problem: `intervalSeconds must be between ${MIN_INTERVAL_SECONDS} and ${MAX_INTERVAL_SECONDS}` };
  }
  return { schedule: { kind: "interval", intervalSeconds: seconds } };
}

function parseCron(cron: unknown, timezone: unknown, nowMs: number): ParsedSchedule {
  if (typeof cron !== "string") return { problem: "cron must be a string" };
  if (typeof timezone !== "string" || !isTimezone(timezone)) return { problem: "timezone must be an IANA time zone" };
  try {
    if (!cronJob(cron, timezone).nextRun(new Date(nowMs))) return { problem: `cron "${cron}" never fires` };
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^CronPattern: /, "") : "unreadable";
    return { problem: `cron "${cron}" is not valid: ${reason}` };
  }
  return { schedule: { kind: "cron", cron, timezone } };
}

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function cronJob(cron: string, timezone: string): Cron {
  return new Cron(cron, { paused: true, timezone });
}

/** The first tick after activation: one whole interval later, or the next match of the cron expression. */
export function firstTickMs(schedule: Schedule, nowMs: number): number | null {
  if (schedule.kind === "interval") return nowMs + schedule.intervalSeconds * 1000;
  return cronJob(schedule.cron, schedule.timezone).nextRun(new Date(nowMs))?.getTime() ?? null;
}

/**
 * The tick after `tickMs`, seen from `nowMs`. Ticks missed in between are passed over: whoever fires the late `tickMs`
 * has caught up once, and never more. Intervals keep their phase.
 */
export function nextTickMs(schedule: Schedule, { tickMs, nowMs }: { tickMs: number; nowMs: number }): number | null {
  const fromMs = Math.max(tickMs, nowMs);
  if (schedule.kind === "cron") return firstTickMs(schedule, fromMs);
  const stepMs = schedule.intervalSeconds * 1000;
  return tickMs + (Math.floor((fromMs - tickMs) / stepMs) + 1) * stepMs;
}

/** What a tick tells the component. Its timestamp is in seconds. */
export function tickEvent(schedule: Schedule, nowMs: number): TickEvent {
  const timestamp = Math.floor(nowMs / 1000);
  if (schedule.kind === "interval") return { timestamp, interval_seconds: schedule.intervalSeconds };
  return {
    timestamp,
    cron: schedule.cron,
    timezone_configured: zonedTime(nowMs, schedule.timezone),
    timezone_utc: zonedTime(nowMs, "UTC"),
  };
}

function zonedTime(atMs: number, timezone: string): ZonedTime {
  const format = new Intl.DateTimeFormat("en-CA", {
    timeZone: timezone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    weekday: "long",
    timeZoneName: "longOffset",
  });
  const parts = new Map(format.formatToParts(new Date(atMs)).map((part) => [part.type, part.value]));
  const date = `${parts.get("year")}-${parts.get("month")}-${parts.get("day")}`;
  const time = `${parts.get("hour")}:${parts.get("minute")}:${parts.get("second")}`;
  const offset = parts.get("timeZoneName")?.replace("GMT", "") || "+00:00";
  return { timezone, iso8601: `${date}T${time}${offset}`, date, time, day_of_week: parts.get("weekday") ?? "" };
}
