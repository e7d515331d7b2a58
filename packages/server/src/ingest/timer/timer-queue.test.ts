import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Timer } from "../../sources/index.ts";
import { TimerQueue } from "./timer-queue.ts";

const timer = (timerId: string, nextAtMs: number, ownerId = "dc_a"): Timer => ({
  orgId: "o_1",
  timerId,
  ownerId,
  nextAtMs,
  schedule: { kind: "interval", intervalSeconds: 1 },
  timezone: "UTC",
});

test("due timers come out in the order of their ticks, each once, by what was last said of them", () => {
  const operation = fc.record({ id: fc.nat(20), at: fc.nat(1000), isRemoval: fc.boolean() });
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 400 }), fc.nat(1000), (operations, nowMs) => {
      const queue = new TimerQueue();
      const model = new Map<string, number>();
      for (const { id, at, isRemoval } of operations) {
        if (isRemoval) queue.remove(`ti_${id}`);
        else queue.put(timer(`ti_${id}`, at));
        if (isRemoval) model.delete(`ti_${id}`);
        else model.set(`ti_${id}`, at);
      }
      const due = [...model].filter(([, at]) => at <= nowMs);
      const taken = queue.takeDue(nowMs);
      assert.deepEqual(new Map(taken.map((one) => [one.timerId, one.nextAtMs])), new Map(due));
      assert.equal(taken.length, due.length);
      assert.deepEqual(
        taken.map((one) => one.nextAtMs),
        due.map(([, at]) => at).toSorted((a, b) => a - b),
      );
      assert.equal(queue.size, model.size - due.length);
      const left = [...model.values()].filter((at) => at > nowMs);
      assert.equal(queue.nextAtMs(), left.length > 0 ? Math.min(...left) : null);
    }),
  );
});

test("the timers of an owner go together", () => {
  const queue = new TimerQueue();
  queue.put(timer("ti_1", 1, "dc_a"));
  queue.put(timer("ti_2", 2, "dc_b"));
  queue.removeOf("dc_a");
  assert.equal(queue.nextAtMs(), 2);
});
