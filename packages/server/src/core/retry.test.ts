import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DEFAULT_RETRY_POLICY, nextAttemptAtMs, parseRetryAfterMs } from "./retry.ts";

const NOW_MS = Date.parse("2026-01-02T03:04:05Z");

test("each wait lies within 10 % of the schedule, and the ninth failure is the last", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.double({ min: 0, max: 0.999999, noNaN: true }),
      (attempts, random) => {
        const nextMs = nextAttemptAtMs({ policy: DEFAULT_RETRY_POLICY, attempts, nowMs: NOW_MS, random });
        if (attempts > 8) return assert.equal(nextMs, null);
        const delayMs = DEFAULT_RETRY_POLICY.delaysMs[attempts - 1] ?? 0;
        assert.ok(nextMs !== null && Math.abs(nextMs - NOW_MS - delayMs) <= delayMs * 0.1 + 1);
      },
    ),
  );
});

test("Retry-After lengthens a wait but never shortens it, and is capped at a day", () => {
  const failed = { policy: DEFAULT_RETRY_POLICY, attempts: 1, nowMs: NOW_MS, random: 0.5 };
  assert.equal(nextAttemptAtMs({ ...failed, retryAfterMs: 60_000 }), NOW_MS + 60_000);
  assert.equal(nextAttemptAtMs({ ...failed, retryAfterMs: 10 }), NOW_MS + 5_000);
  assert.equal(nextAttemptAtMs({ ...failed, retryAfterMs: 9e12 }), NOW_MS + 86_400_000);
});

test("Retry-After is read as seconds or as a date; anything else is ignored", () => {
  assert.equal(parseRetryAfterMs("120", NOW_MS), 120_000);
  assert.equal(parseRetryAfterMs("Fri, 02 Jan 2026 03:05:05 GMT", NOW_MS), 60_000);
  assert.equal(parseRetryAfterMs("Fri, 02 Jan 2026 03:00:00 GMT", NOW_MS), 0);
  for (const text of [undefined, "", "soon", "-5", "1.5", "99999999999"]) {
    assert.equal(parseRetryAfterMs(text, NOW_MS), null);
  }
});
