import assert from "node:assert/strict";
import { test } from "node:test";
import { billingPeriod, creditsOf, usageDay } from "./credits.ts";

test("a credit is 30 seconds of compute at 256 MB, begun ones count whole, and more memory costs more", () => {
  const credits = (computeMs: number, memoryMb: number): number => creditsOf({ computeMs, memoryMb });
  assert.deepEqual([credits(0, 256), credits(1, 256), credits(30_000, 256), credits(30_001, 256)], [1, 1, 1, 2]);
  assert.deepEqual([credits(10, 512), credits(31_000, 1_024), credits(10, 300)], [2, 8, 2]);
  assert.equal(credits(10, 128), 1);
});

test("days and billing periods end at midnight UTC", () => {
  assert.equal(usageDay(Date.UTC(2026, 11, 31, 23, 59, 59, 999)), "2026-12-31");
  assert.deepEqual(billingPeriod(Date.UTC(2026, 11, 31, 23)), {
    startMs: Date.UTC(2026, 11, 1),
    endMs: Date.UTC(2027, 0, 1),
  });
});
