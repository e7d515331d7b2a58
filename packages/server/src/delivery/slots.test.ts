import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Slots } from "./slots.ts";

test("whatever is taken and released, limits hold and a newcomer always finds room", () => {
  const step = fc.record({ listener: fc.integer({ min: 0, max: 30 }).map((n) => `wh_${n}`), isTake: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const slots = new Slots({ total: 32, perListener: 8 });
      const used = new Map<string, number>();
      for (const { listener, isTake } of steps) {
        const count = used.get(listener) ?? 0;
        if (isTake && slots.tryTake(listener)) used.set(listener, count + 1);
        else if (!isTake && count > 0) {
          slots.release(listener);
          used.set(listener, count - 1);
        }
        const total = [...used.values()].reduce((sum, one) => sum + one, 0);
        assert.equal(slots.inUse, total);
        assert.ok(total <= 32 && Math.max(0, ...used.values()) <= 8);
      }
    }),
  );
});

test("listeners that hang share the slots and leave one share free", () => {
  const slots = new Slots({ total: 64, perListener: 64 });
  for (let round = 0; round < 64; round++) {
    for (const listener of ["wh_a", "wh_b", "wh_c"]) slots.tryTake(listener);
  }
  assert.equal(slots.free, 16);
  assert.ok(slots.tryTake("wh_new"));
});
