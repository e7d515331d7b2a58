import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { joinPatches, mergePatch } from "./merge-patch.ts";

void test("a patch merges objects at any depth, replaces lists, and removes what is null", () => {
  const target = { name: "a", auth: { scopes: ["x"], pkce: true }, icon: "a" };
  const patch = { auth: { scopes: ["y"], fields: [] }, icon: null };
  assert.deepEqual(mergePatch(target, patch), { name: "a", auth: { scopes: ["y"], pkce: true, fields: [] } });
});

void test("nothing that a patch says reaches the prototype of objects", () => {
  const merged = mergePatch({}, JSON.parse('{"__proto__": {"admin": true}}'));
  assert.equal(Reflect.get({}, "admin"), undefined);
  assert.deepEqual(Object.keys(merged as object), ["__proto__"]);
});

const leaf = fc.oneof(fc.integer(), fc.constant(null));
const flat = fc.dictionary(fc.constantFrom("a", "b", "c"), leaf);

void test("two patches one after the other do what their joined patch does", () => {
  fc.assert(
    fc.property(flat, flat, flat, (target, first, second) => {
      const inTurn = mergePatch(mergePatch(target, first), second);
      assert.deepEqual(mergePatch(target, joinPatches(first, second)), inTurn);
    }),
  );
});
