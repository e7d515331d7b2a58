import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fullBucket, takeToken } from "./rate-limit.ts";

test("a bucket gives one second's worth at once and then refuses", () => {
  const bucket = fullBucket(3, 0);
  const waits = [0, 0, 0, 0].map(() => takeToken(bucket, { perSecond: 3, nowMs: 0 }));
  assert.deepEqual(waits, [0, 0, 0, 334]);
});

test("after the wait that it names, a bucket gives again", () => {
  const perSecond = fc.double({ min: 0.01, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(perSecond, fc.array(fc.nat(3000), { maxLength: 200 }), (rate, steps) => {
      let nowMs = 1;
      const bucket = fullBucket(rate, nowMs);
      for (const step of steps) {
        nowMs += step;
        const waitMs = takeToken(bucket, { perSecond: rate, nowMs });
        if (waitMs > 0) assert.equal(takeToken(bucket, { perSecond: rate, nowMs: (nowMs += waitMs + 1) }), 0);
      }
    }),
  );
});

test("no stretch of time lets through more than the rate and one saved second", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.nat(200), { minLength: 1, maxLength: 300 }),
      (rate, steps) => {
        let nowMs = 0;
        let taken = 0;
        const bucket = fullBucket(rate, nowMs);
        for (const step of steps) {
          nowMs += step;
          if (takeToken(bucket, { perSecond: rate, nowMs }) === 0) taken++;
        }
        assert.ok(taken <= rate + (nowMs * rate) / 1000 + 1e-6);
      },
    ),
  );
});

test("a clock that steps back does not fill the bucket", () => {
  const bucket = fullBucket(1, 10_000);
  takeToken(bucket, { perSecond: 1, nowMs: 10_000 });
  assert.ok(takeToken(bucket, { perSecond: 1, nowMs: 5_000 }) > 0);
});
