import type { Schedule } from "./schedule.ts";

/** A moment as people of a time zone see it. */
export interface ZonedMoment {
  date: { day: number; month: number; year: number };
  iso8601: { date: string; time: string; timestamp: string };
  metadata: { day_name: string; day_of_week: number; start_of_week: string };
  pretty: { date: string; time: string; time_24h: string };
  time: { hour: number; millisecond: number; minute: number; second: number };
  timezone: string;
}

/** The event of a tick, as a workflow receives it. */
export type WorkflowTickEvent = {
  timestamp: number;
  timezone_configured: ZonedMoment;
  timezone_utc: ZonedMoment;
} & ({ interval_seconds: number } | { cron: string });

/** What a tick tells a workflow. Its timestamp is in seconds. */
export function workflowTickEvent(
  schedule: Schedule,
  { nowMs, timezone }: { nowMs: number; timezone: string },
): WorkflowTickEvent {
  const when = schedule.kind === "cron" ? { cron: schedule.cron } : { interval_seconds: schedule.intervalSeconds };
  return {
    timestamp: Math.floor(nowMs / 1000),
    ...when,
    timezone_configured: zonedMoment(nowMs, timezone),
    timezone_utc: zonedMoment(nowMs, "UTC"),
  };
}

const DAY_MS = 86_400_000;

function zonedMoment(atMs: number, timezone: string): ZonedMoment {
  const at = new Date(atMs);
  const local = localParts(at, timezone);
  // The local clock's reading, in the terms of UTC: for arithmetic on days.
  const wall = new Date(Date.UTC(local.year, local.month - 1, local.day));
  const date = wall.toISOString().slice(0, 10);
  const clock = [local.hour, local.minute, local.second].map((part) => String(part).padStart(2, "0")).join(":");
  const time = `${clock}.${String(at.getUTCMilliseconds()).padStart(3, "0")}${local.offset}`;
  const dayOfWeek = wall.getUTCDay();
  const monday = new Date(wall.getTime() - ((dayOfWeek + 6) % 7) * DAY_MS);
  return {
    date: { day: local.day, month: local.month, year: local.year },
    iso8601: { date, time, timestamp: `${date}T${time}` },
    metadata: {
      day_name: pretty(wall, { weekday: "long" }),
      day_of_week: dayOfWeek === 0 ? 7 : dayOfWeek,
      start_of_week: monday.toISOString().slice(0, 10),
    },
    pretty: {
      date: pretty(wall, { year: "numeric", month: "long", day: "numeric" }),
      time: new Intl.DateTimeFormat("en-US", { timeZone: timezone, timeStyle: "short" })
        .format(at)
        .replaceAll("\u202f", " "),
      time_24h: clock.slice(0, 5),
    },
    time: { hour: local.hour, millisecond: at.getUTCMilliseconds(), minute: local.minute, second: local.second },
    timezone,
  };
}

function pretty(day: Date, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat("en-US", { timeZone: "UTC", ...options }).format(day);
}

function localParts(at: Date, timezone: string) {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: timezone,
    hourCycle: "h23",
    ...{ year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" },
    timeZoneName: "longOffset",
  });
  const parts = new Map(format.formatToParts(at).map((part) => [part.type, part.value]));
  const number = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type));
  const offset = parts.get("timeZoneName")?.replace("GMT", "") || "+00:00";
  return {
    ...{ year: number("year"), month: number("month"), day: number("day") },
    ...{ hour: number("hour"), minute: number("minute"), second: number("second"), offset },
  };
}
