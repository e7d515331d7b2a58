import assert from "node:assert/strict";
import { test } from "node:test";
import { exceeds } from "./key-limits.ts";

test("an unlimited key may make any key", () => {
  const own = { scopes: [], expiresAtMs: null };
  assert.ok(!exceeds({ scopes: [], expiresAtMs: null }, own));
  assert.ok(!exceeds({ scopes: ["read"], expiresAtMs: 5 }, own));
});

test("a scoped key makes only keys of its scopes or less", () => {
  const own = { scopes: ["write"], expiresAtMs: null };
  assert.ok(exceeds({ scopes: [], expiresAtMs: null }, own));
  assert.ok(!exceeds({ scopes: ["read", "write"], expiresAtMs: null }, own));
  assert.ok(exceeds({ scopes: ["write"], expiresAtMs: null }, { scopes: ["read"], expiresAtMs: null }));
});

test("an expiring key makes only keys that do not outlive it", () => {
  const own = { scopes: [], expiresAtMs: 100 };
  assert.ok(exceeds({ scopes: [], expiresAtMs: null }, own));
  assert.ok(exceeds({ scopes: [], expiresAtMs: 101 }, own));
  assert.ok(!exceeds({ scopes: [], expiresAtMs: 100 }, own));
});
