import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { dedupe, type DedupeMemory } from "./dedupe.ts";

const idBatches = fc.array(fc.array(fc.integer({ min: 0, max: 250 }).map(String), { maxLength: 40 }), {
  maxLength: 20,
});

test("unique behaves like a first-in-first-out memory of exactly 100 ids, however events are batched", () => {
  fc.assert(
    fc.property(idBatches, (batches) => {
      const model: string[] = [];
      let memory: DedupeMemory = {};
      for (const batch of batches) {
        const decision = dedupe("unique", memory, batch);
        memory = JSON.parse(JSON.stringify(decision.memory)) as DedupeMemory;
        batch.forEach((id, index) => {
          assert.equal(decision.deliver[index], !model.includes(id));
          if (!model.includes(id)) model.push(id);
          if (model.length > 100) model.shift();
        });
        assert.deepEqual(memory.ids, model);
      }
    }),
  );
});

test("unique forgets the oldest id when the 101st comes, and a repeat does not refresh its place", () => {
  const hundred = Array.from({ length: 100 }, (_, n) => `id${n}`);
  const first = dedupe("unique", {}, hundred);
  const repeat = dedupe("unique", first.memory, ["id0", "id100"]);
  assert.deepEqual(repeat.deliver, [false, true]);
  assert.deepEqual(dedupe("unique", repeat.memory, ["id0", "id2"]).deliver, [true, false]);
});

test("ids are compared in full and as strings", () => {
  const long = "x".repeat(70);
  assert.deepEqual(dedupe("unique", {}, [`${long}1`, `${long}2`, "1", "01", "1"]).deliver, [
    true,
    true,
    true,
    true,
    false,
  ]);
});

test("greatest delivers only strictly greater numbers and remembers the maximum", () => {
  fc.assert(
    fc.property(idBatches, (batches) => {
      let greatest = Number.NEGATIVE_INFINITY;
      let memory: DedupeMemory = {};
      for (const batch of batches) {
        const decision = dedupe("greatest", memory, batch);
        memory = decision.memory;
        batch.forEach((id, index) => {
          assert.equal(decision.deliver[index], Number(id) > greatest);
          greatest = Math.max(greatest, Number(id));
        });
      }
    }),
  );
});

test("greatest compares integers beyond double precision exactly", () => {
  const { memory } = dedupe("greatest", {}, ["9007199254740993"]);
  assert.deepEqual(dedupe("greatest", memory, ["9007199254740992", "9007199254740994"]).deliver, [false, true]);
});

test("last delivers what follows the remembered event, or everything when it is not in the batch", () => {
  const first = dedupe("last", {}, ["a", "b", "c"]);
  assert.deepEqual(first.deliver, [true, true, true]);
  const second = dedupe("last", first.memory, ["b", "c", "d", "e"]);
  assert.deepEqual(second.deliver, [false, false, true, true]);
  assert.deepEqual(second.memory, { last: "e" });
  assert.deepEqual(dedupe("last", second.memory, ["x", "y"]).deliver, [true, true]);
  assert.deepEqual(dedupe("last", second.memory, []).memory, { last: "e" });
});

test("an event without an id is delivered and reported, whatever the strategy", () => {
  for (const strategy of ["unique", "greatest", "last"] as const) {
    const decision = dedupe(strategy, {}, [null, "1", null]);
    assert.deepEqual(decision.deliver, [true, true, true]);
    assert.deepEqual(decision.uncomparable, [0, 2]);
  }
  assert.deepEqual(dedupe("greatest", {}, ["abc", "abc"]).deliver, [true, true]);
});
