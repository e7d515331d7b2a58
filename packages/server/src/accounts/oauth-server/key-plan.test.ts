import assert from "node:assert/strict";
import { test } from "node:test";
import { planKeys, signerOf } from "./key-plan.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NOW_MS = 1_800_000_000_000;
const key = (keyId: string, ageMs: number) => ({ keyId, signsFromMs: NOW_MS - ageMs, canSign: true });

test("an instance without a key gets one that signs at once", () => {
  assert.deepEqual(planKeys([], NOW_MS), { newKeySignsFromMs: NOW_MS, expiredKeyIds: [] });
});

test("a key that has signed for a month is followed by one that is published an hour ahead", () => {
  assert.equal(planKeys([key("a", 29 * DAY_MS)], NOW_MS).newKeySignsFromMs, null);
  assert.equal(planKeys([key("a", 30 * DAY_MS - HOUR_MS)], NOW_MS).newKeySignsFromMs, NOW_MS + HOUR_MS);
  assert.equal(planKeys([key("a", 300 * DAY_MS)], NOW_MS).newKeySignsFromMs, NOW_MS + HOUR_MS);
  assert.equal(planKeys([key("a", 30 * DAY_MS), key("b", -1)], NOW_MS).newKeySignsFromMs, null);
});

test("the key that began last signs, one that is only published does not", () => {
  const keys = [key("old", 31 * DAY_MS), key("new", 1), key("next", -HOUR_MS)];
  assert.equal(signerOf(keys, NOW_MS)?.keyId, "new");
  assert.equal(signerOf(keys, NOW_MS - 2)?.keyId, "old");
  assert.equal(signerOf([], NOW_MS), null);
});

test("a key stays until the last token that it signed has expired on every clock", () => {
  const after = (ageMs: number) => planKeys([key("old", 31 * DAY_MS), key("new", ageMs)], NOW_MS).expiredKeyIds;
  assert.deepEqual(after(HOUR_MS), []);
  assert.deepEqual(after(2 * HOUR_MS), ["old"]);
  assert.deepEqual(planKeys([key("only", 300 * DAY_MS)], NOW_MS).expiredKeyIds, []);
});

test("a key that cannot be opened does not sign, and one that can takes its place at once", () => {
  const lost = { ...key("lost", DAY_MS), canSign: false };
  assert.equal(signerOf([lost], NOW_MS), null);
  assert.deepEqual(planKeys([lost], NOW_MS), { newKeySignsFromMs: NOW_MS, expiredKeyIds: [] });
  assert.deepEqual(planKeys([lost, key("own", 2 * HOUR_MS)], NOW_MS).expiredKeyIds, ["lost"]);
});
