import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { firstTickMs, nextTickMs, parseSchedule, tickEvent, type Schedule } from "./schedule.ts";

const NOW = Date.UTC(2026, 10, 23, 12, 0, 30, 250);
const interval = (intervalSeconds: number): Schedule => ({ kind: "interval", intervalSeconds });
const berlin = (cron: string): Schedule => ({ kind: "cron", cron, timezone: "Europe/Berlin" });

function ticks(schedule: Schedule, from: string, count: number): string[] {
  let atMs: number | null = Date.parse(from);
  const found: string[] = [];
  for (let i = 0; i < count && atMs !== null; i++) {
    atMs = firstTickMs(schedule, atMs);
    if (atMs !== null) found.push(new Date(atMs).toISOString().slice(5, 16));
  }
  return found;
}

test("both wire forms and the echoed form of a timer are read", () => {
  assert.deepEqual(parseSchedule({ intervalSeconds: 60 }, NOW), { schedule: interval(60) });
  assert.deepEqual(parseSchedule({ intervalSeconds: "60" }, NOW), { schedule: interval(60) });
  assert.deepEqual(parseSchedule({ cron: null, interval_seconds: 60 }, NOW), { schedule: interval(60) });
  assert.deepEqual(parseSchedule({ cron: "0 9 * * 1-5" }, NOW), {
    schedule: { kind: "cron", cron: "0 9 * * 1-5", timezone: "UTC" },
  });
  assert.deepEqual(parseSchedule({ cron: "0 9 * * *", timezone: "Europe/Berlin", interval_seconds: null }, NOW), {
    schedule: berlin("0 9 * * *"),
  });
});

test("what cannot be a schedule is named", () => {
  const problem = (value: unknown): string => {
    const parsed = parseSchedule(value, NOW);
    assert.ok("problem" in parsed);
    return parsed.problem;
  };
  assert.match(problem({}), /must be/);
  assert.match(problem(undefined), /must be/);
  assert.match(problem([60]), /must be/);
  assert.match(problem({ intervalSeconds: 0 }), /between 1/);
  assert.match(problem({ intervalSeconds: 1.5 }), /whole number/);
  assert.match(problem({ intervalSeconds: "soon" }), /whole number/);
  assert.match(problem({ intervalSeconds: 60, cron: "* * * * *" }), /not both/);
  assert.match(problem({ cron: "61 * * * *" }), /minute/);
  assert.match(problem({ cron: 5 }), /string/);
  assert.match(problem({ cron: "0 0 30 2 *" }), /never fires/);
  assert.match(problem({ cron: "* * * * *", timezone: "Mars/Olympus" }), /IANA/);
});

test("reading a schedule never throws", () => {
  fc.assert(
    fc.property(fc.oneof(fc.anything(), fc.record({ cron: fc.string(), timezone: fc.string() })), (value) => {
      const parsed = parseSchedule(value, NOW);
      assert.ok("schedule" in parsed || parsed.problem.length > 0);
    }),
  );
});

test("the first tick of an interval comes one interval after activation", () => {
  assert.equal(firstTickMs(interval(900), NOW), NOW + 900_000);
});

test("an interval keeps its phase and passes over every missed tick but the one that is fired late", () => {
  const seconds = fc.integer({ min: 1, max: 100_000 });
  fc.assert(
    fc.property(seconds, fc.nat(1e9), (intervalSeconds, lateMs) => {
      const next = nextTickMs(interval(intervalSeconds), { tickMs: NOW, nowMs: NOW + lateMs }) ?? 0;
      assert.ok(next > NOW + lateMs);
      assert.ok(next - (NOW + lateMs) <= intervalSeconds * 1000);
      assert.equal((next - NOW) % (intervalSeconds * 1000), 0);
    }),
  );
});

test("the next tick is always later than the one before, even when the clock steps back", () => {
  const schedules = fc.oneof(
    fc.integer({ min: 1, max: 10_000 }).map(interval),
    fc.constantFrom("*/5 * * * *", "0 2 * * *", "30 2 * * 0", "* * * * * *").map(berlin),
  );
  const day = 86_400_000;
  fc.assert(
    fc.property(
      schedules,
      fc.integer({ min: 0, max: 365 * day }),
      fc.integer({ min: -day, max: day }),
      (s, at, skew) => {
        const tickMs = Date.UTC(2026, 0, 1) + at;
        const next = nextTickMs(s, { tickMs, nowMs: tickMs + skew });
        assert.ok(next !== null && next > tickMs && next > tickMs + skew);
      },
    ),
    { numRuns: 200 },
  );
});

test("a daily time that spring skips is taken right after the gap, once", () => {
  assert.deepEqual(ticks(berlin("30 2 * * *"), "2026-03-28T00:00:00Z", 3), [
    "03-28T01:30",
    "03-29T01:00",
    "03-30T00:30",
  ]);
});

test("a daily time that autumn repeats fires once", () => {
  assert.deepEqual(ticks(berlin("30 2 * * *"), "2026-10-24T12:00:00Z", 2), ["10-25T00:30", "10-26T01:30"]);
});

test("an hourly cron fires in both of autumn's equal hours", () => {
  assert.deepEqual(ticks(berlin("0 * * * *"), "2026-10-24T23:30:00Z", 3), [
    "10-25T00:00",
    "10-25T01:00",
    "10-25T02:00",
  ]);
});

test("ticks carry seconds, and cron ticks the time in their zone", () => {
  assert.deepEqual(tickEvent(interval(60), NOW), { timestamp: Math.floor(NOW / 1000), interval_seconds: 60 });
  assert.deepEqual(tickEvent(berlin("0 9 * * *"), NOW), {
    timestamp: Math.floor(NOW / 1000),
    cron: "0 9 * * *",
    timezone_configured: {
      timezone: "Europe/Berlin",
      iso8601: "2026-11-23T13:00:30+01:00",
      date: "2026-11-23",
      time: "13:00:30",
      day_of_week: "Monday",
    },
    timezone_utc: {
      timezone: "UTC",
      iso8601: "2026-11-23T12:00:30+00:00",
      date: "2026-11-23",
      time: "12:00:30",
      day_of_week: "Monday",
    },
  });
});
