import assert from "node:assert/strict";
import { test } from "node:test";
import { isStale, nextRefreshAtMs, retryDelayMs } from "./refresh-times.ts";

void test("tokens of an hour are refreshed ten to twelve minutes before their end, short ones in their last quarter", () => {
  const hour = { expiresAtMs: 3_600_000, refreshedAtMs: 0 };
  assert.deepEqual([nextRefreshAtMs(hour, 0), nextRefreshAtMs(hour, 1)], [3_000_000, 2_880_000]);
  assert.equal(nextRefreshAtMs({ expiresAtMs: 40_000, refreshedAtMs: 0 }, 0), 30_000);
  assert.equal(nextRefreshAtMs({ expiresAtMs: null, refreshedAtMs: 0 }, 0), null);
});

void test("a token is stale in its last minute, or the second half of a shorter life", () => {
  const hour = { expiresAtMs: 3_600_000, refreshedAtMs: 0 };
  assert.deepEqual([isStale(hour, 3_539_999), isStale(hour, 3_540_000)], [false, true]);
  const short = { expiresAtMs: 20_000, refreshedAtMs: 0 };
  assert.deepEqual([isStale(short, 9_999), isStale(short, 10_000)], [false, true]);
  assert.equal(isStale({ expiresAtMs: null, refreshedAtMs: null }, 1), false);
});

void test("retries wait twice as long each time, an hour at most", () => {
  assert.deepEqual([1, 2, 3, 20].map(retryDelayMs), [10_000, 20_000, 40_000, 3_600_000]);
});
