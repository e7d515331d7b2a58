import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { heldEmitters, isQueueFull } from "./queue-level.ts";

test("a queue is full from its brim until a tenth of it is free, and never while it has more room than that", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.array(fc.integer({ min: 0, max: 220 })), (size, levels) => {
      let wasFull = false;
      for (const waiting of levels) {
        const isFull = isQueueFull({ wasFull, waiting, size });
        if (waiting >= size) assert.ok(isFull);
        if (waiting <= size * 0.9 - 1 || waiting === 0) assert.ok(!isFull);
        if (isFull && !wasFull) assert.ok(waiting >= size);
        wasFull = isFull;
      }
    }),
  );
});

test("whoever leads to a full queue is held, however long the way, and nobody else", () => {
  const id = fc.integer({ min: 0, max: 6 }).map((n) => (n < 3 ? `dc_${n}` : `p_${n}`));
  const edge = fc.record({ emitterId: id, channel: fc.constantFrom("", "x", "$errors"), listenerId: id });
  fc.assert(
    fc.property(fc.array(edge), fc.uniqueArray(id), (patterns, full) => {
      const reaches = new Set(full);
      for (let round = 0; round < 8; round++) {
        for (const { emitterId, channel, listenerId } of patterns) {
          if (channel !== "$errors" && reaches.has(listenerId)) reaches.add(emitterId);
        }
      }
      const { ids } = heldEmitters(patterns, full);
      const expected = patterns.filter((one) => one.channel !== "$errors" && reaches.has(one.listenerId));
      assert.deepEqual(new Set(ids.keys()), new Set(expected.map((one) => one.emitterId)));
      assert.ok([...ids.values()].every((cause) => full.includes(cause)));
    }),
  );
});

test("who listens to every source holds every source, who listens to every workflow holds none", () => {
  const pattern = (emitterId: string) => ({ emitterId, channel: "", listenerId: "p_full" });
  assert.equal(heldEmitters([pattern("dc_*")], ["p_full"]).everySource, "p_full");
  assert.equal(heldEmitters([pattern("o_1")], ["p_full"]).everySource, "p_full");
  const workflows = heldEmitters([pattern("p_*")], ["p_full"]);
  assert.deepEqual([workflows.everySource, workflows.ids.size], [null, 0]);
});
