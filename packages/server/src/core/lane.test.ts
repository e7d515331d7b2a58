import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decideLane, type LaneLimits, type LaneWindow } from "./lane.ts";

interface Life {
  limits: LaneLimits;
  /** Arrivals, in order. */
  arriveAtMs: readonly number[];
  runMs: number;
  room: number;
  endMs: number;
}
interface Started {
  place: number;
  atMs: number;
}

/** A lane's life, looked at only when something arrives or ends, or when it asked for it. */
function live({ limits, arriveAtMs, runMs, room, endMs }: Life): { started: Started[]; maxRunning: number } {
  let window: LaneWindow = { beganAtMs: 0, starts: 0 };
  const started: Started[] = [];
  let maxRunning = 0;
  const looks = new Set(arriveAtMs);
  for (let nowMs = 0; nowMs <= endMs;) {
    const waiting = arriveAtMs.flatMap((atMs, place) =>
      atMs <= nowMs && !started.some((one) => one.place === place) ? [place] : [],
    );
    const running = started.filter((one) => one.atMs + runMs > nowMs).length;
    const decision = decideLane({
      ...{ limits, window, running, room, nowMs },
      waitingDueAtMs: waiting.map((place) => arriveAtMs[place] ?? 0),
    });
    window = decision.window;
    for (const index of decision.starting) started.push({ place: waiting[index] ?? -1, atMs: nowMs });
    maxRunning = Math.max(maxRunning, running + decision.starting.length);
    if (decision.starting.length > 0) looks.add(nowMs + runMs);
    if (decision.lookAgainAtMs !== null) looks.add(decision.lookAgainAtMs);
    if (decision.lacksRoom) looks.add(nowMs + 1);
    const later = [...looks].filter((atMs) => atMs > nowMs);
    if (later.length === 0) break;
    nowMs = Math.min(...later);
  }
  return { started, maxRunning };
}

const limitsOf = fc.record({
  concurrency: fc.option(fc.integer({ min: 1, max: 5 })),
  throttle: fc.option(
    fc.record({ limit: fc.integer({ min: 1, max: 6 }), intervalMs: fc.integer({ min: 1, max: 500 }) }),
  ),
});
const lives = fc.record({
  limits: limitsOf,
  arriveAtMs: fc
    .array(fc.integer({ min: 0, max: 1_000 }), { maxLength: 25 })
    .map((times) => times.toSorted((left, right) => left - right)),
  runMs: fc.integer({ min: 1, max: 100 }),
  room: fc.integer({ min: 1, max: 30 }),
  endMs: fc.constant(100_000),
});

test("a lane starts everything in order, never more at once nor in a window than it allows", () => {
  fc.assert(
    fc.property(lives, (life) => {
      const { started, maxRunning } = live(life);
      const { concurrency, throttle } = life.limits;
      assert.deepEqual(
        started.map(({ place }) => place),
        [...life.arriveAtMs.keys()],
      );
      if (concurrency !== null) assert.ok(maxRunning <= concurrency);
      if (!throttle) return;
      // Windows follow each other: each begins with its first start.
      for (let first = 0; first < started.length;) {
        const beganAtMs = started[first]?.atMs ?? 0;
        const inside = started.filter(({ atMs }) => atMs >= beganAtMs && atMs < beganAtMs + throttle.intervalMs);
        assert.ok(inside.length <= throttle.limit);
        first += inside.length;
      }
    }),
  );
});

test("ten a minute with one worker: ten back to back, then nothing until a minute after the first", () => {
  const limits = { concurrency: 1, throttle: { limit: 10, intervalMs: 60_000 } };
  const arriveAtMs = Array.from({ length: 12 }, () => 1_000);
  const { started } = live({ limits, arriveAtMs, runMs: 100, room: 64, endMs: 200_000 });
  assert.deepEqual(
    started.map(({ atMs }) => atMs),
    [...Array.from({ length: 10 }, (_, n) => 1_000 + n * 100), 61_000, 61_100],
  );
});

test("a limit of 0 starts nothing and asks for nothing", () => {
  const state = {
    limits: { concurrency: null, throttle: { limit: 0, intervalMs: 1 } },
    running: 0,
    room: 9,
    nowMs: 50,
  };
  const decision = decideLane({ ...state, window: { beganAtMs: 0, starts: 0 }, waitingDueAtMs: [1, 2] });
  assert.deepEqual([decision.starting, decision.lookAgainAtMs], [[], null]);
});

test("with one worker nobody passes one that waits to be tried again; with more they do", () => {
  const state = { window: { beganAtMs: 0, starts: 0 }, running: 0, room: 9, nowMs: 50, waitingDueAtMs: [80, 10, 20] };
  const strict = decideLane({ ...state, limits: { concurrency: 1, throttle: null } });
  assert.deepEqual([strict.starting, strict.lookAgainAtMs], [[], 80]);
  const loose = decideLane({ ...state, limits: { concurrency: 2, throttle: null } });
  assert.deepEqual([loose.starting, loose.lookAgainAtMs], [[1, 2], 80]);
});

test("a clock that was set back does not hold a lane for ever", () => {
  const limits = { concurrency: null, throttle: { limit: 1, intervalMs: 1_000 } };
  const window = { beganAtMs: 9_000_000, starts: 1 };
  const decision = decideLane({ limits, window, running: 0, waitingDueAtMs: [1], room: 1, nowMs: 100 });
  assert.deepEqual(decision.starting, [0]);
});
