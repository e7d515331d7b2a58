import assert from "node:assert/strict";
import { test } from "node:test";
import { isNestedTooDeeply, MAX_JSON_LEVELS } from "./json-depth.ts";

const nested = (levels: number): unknown => JSON.parse("[".repeat(levels) + "]".repeat(levels));

void test("levels count along the deepest branch", () => {
  for (const value of [null, "x", 1, [], {}, { a: [1, { b: [] }] }, Array.from({ length: 1_000 }, () => [[]])]) {
    assert.equal(isNestedTooDeeply(value), false);
  }
  assert.equal(isNestedTooDeeply(nested(MAX_JSON_LEVELS)), false);
  assert.equal(isNestedTooDeeply(nested(MAX_JSON_LEVELS + 1)), true);
  assert.equal(isNestedTooDeeply({ list: [1, { deep: nested(100_000) }] }), true);
});
