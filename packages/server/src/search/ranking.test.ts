import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BestHits } from "./best-hits.ts";
import { embeddedText, plainDescription } from "./component-text.ts";
import { countWords, LexicalIndex } from "./lexical-index.ts";
import { packVector, readPacked, similarity, unitVector } from "./vectors.ts";

const vector = fc
  .array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 16, maxLength: 16 })
  .map((values) => Float32Array.from(values))
  .filter((values) => values.some((value) => Math.abs(value) > 0.01));

test("packing a vector changes no angle by more than a hundredth", () => {
  fc.assert(
    fc.property(vector, vector, (a, b) => {
      const unit = unitVector(b);
      const exact = unitVector(a).reduce((sum, value, index) => sum + value * (unit[index] ?? 0), 0);
      assert.ok(Math.abs(similarity(readPacked(packVector(a)), unit) - exact) < 0.02);
    }),
  );
});

test("vectors of different lengths have nothing in common", () => {
  assert.equal(similarity(readPacked(packVector(Float32Array.of(1, 0))), Float32Array.of(1, 0, 0)), 0);
});

test("the best hits are those that sorting would leave", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 })), fc.integer({ min: 1, max: 5 }), (scores, limit) => {
      const all = scores.map((score, index) => ({ score, key: `k${String(index).padStart(4, "0")}` }));
      const best = new BestHits<(typeof all)[number]>(limit);
      for (const hit of all) if (best.wants(hit.score)) best.add(hit);
      const sorted = all.toSorted((a, b) => b.score - a.score || (a.key < b.key ? -1 : 1));
      assert.deepEqual(best.hits, sorted.slice(0, limit));
    }),
  );
});

test("words count by their stems, rare ones more, and beginnings of words count too", () => {
  const texts = ["Send Message", "Delete Message", "Create Order"];
  const documents = texts.map((name) => ({ key: "acme-x", name, apps: ["acme"], description: "" }));
  const index = new LexicalIndex(documents.map(countWords));
  const best = (query: string): string | undefined => {
    const scores = [...index.scores(query)];
    return texts[scores.indexOf(Math.max(...scores))];
  };
  assert.equal(best("sending messages"), "Send Message");
  assert.equal(best("deleted a message"), "Delete Message");
  assert.equal(best("orde"), "Create Order");
  assert.deepEqual([...index.scores("the of when")], [0, 0, 0]);
});

test("links to documentation and markup are no part of a description", () => {
  const text =
    "Creates **an** [order](https://x.test/order) at once. [See the docs](https://x.test/docs) https://y.test";
  assert.equal(plainDescription(text), "Creates an order at once.");
  assert.equal(plainDescription(null), "");
  const component = { key: "my_shop-a", name: "Create Order", apps: ["my_shop"], description: "Creates an order." };
  assert.equal(embeddedText(component), "Create Order in my shop. Creates an order.");
});
