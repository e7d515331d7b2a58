import assert from "node:assert/strict";
import { test } from "node:test";
import { workflowTickEvent } from "./workflow-tick.ts";

const NOW = Date.UTC(2026, 10, 23, 3, 4, 5, 67);

test("a tick tells a workflow the time in the configured zone and in UTC", () => {
  const schedule = { kind: "interval", intervalSeconds: 60 } as const;
  assert.deepEqual(workflowTickEvent(schedule, { nowMs: NOW, timezone: "America/New_York" }), {
    timestamp: Math.floor(NOW / 1000),
    interval_seconds: 60,
    timezone_configured: {
      date: { day: 22, month: 11, year: 2026 },
      iso8601: { date: "2026-11-22", time: "22:04:05.067-05:00", timestamp: "2026-11-22T22:04:05.067-05:00" },
      metadata: { day_name: "Sunday", day_of_week: 7, start_of_week: "2026-11-16" },
      pretty: { date: "November 22, 2026", time: "10:04 PM", time_24h: "22:04" },
      time: { hour: 22, millisecond: 67, minute: 4, second: 5 },
      timezone: "America/New_York",
    },
    timezone_utc: {
      date: { day: 23, month: 11, year: 2026 },
      iso8601: { date: "2026-11-23", time: "03:04:05.067+00:00", timestamp: "2026-11-23T03:04:05.067+00:00" },
      metadata: { day_name: "Monday", day_of_week: 1, start_of_week: "2026-11-23" },
      pretty: { date: "November 23, 2026", time: "3:04 AM", time_24h: "03:04" },
      time: { hour: 3, millisecond: 67, minute: 4, second: 5 },
      timezone: "UTC",
    },
  });
});

test("a cron tick names its expression", () => {
  const event = workflowTickEvent(
    { kind: "cron", cron: "0 9 * * *", timezone: "Europe/Berlin" },
    { nowMs: NOW, timezone: "Europe/Berlin" },
  );
  assert.equal("cron" in event && event.cron, "0 9 * * *");
  assert.equal(event.timezone_configured.iso8601.timestamp, "2026-11-23T04:04:05.067+01:00");
});
