import assert from "node:assert/strict";
import { test } from "node:test";
import { oauthScopes } from "@millrace/contract";
import { parseScopes, scopesAllow } from "./oauth-scopes.ts";

test("a list of scopes is read once each, and an unknown name spoils it", () => {
  assert.deepEqual(parseScopes("read  connect:* read"), ["read", "connect:*"]);
  assert.deepEqual(parseScopes(""), []);
  assert.equal(parseScopes("read launch:missiles"), null);
  assert.equal(parseScopes("READ"), null);
});

test("a scope allows itself and what lies below it", () => {
  for (const wanted of oauthScopes) assert.ok(scopesAllow(["*"], wanted));
  assert.ok(scopesAllow(["write"], "read"));
  assert.ok(scopesAllow(["connect:*"], "connect:actions:*"));
  assert.ok(scopesAllow(["connect:accounts:write"], "connect:accounts:read"));
});

test("a scope allows nothing above or beside it", () => {
  assert.ok(!scopesAllow([], "read"));
  assert.ok(!scopesAllow(["read"], "write"));
  assert.ok(!scopesAllow(["read", "write", "connect:*"], "*"));
  assert.ok(!scopesAllow(["connect:*"], "read"));
  assert.ok(!scopesAllow(["write"], "connect:proxy"));
  assert.ok(!scopesAllow(["connect:accounts:read"], "connect:accounts:write"));
  assert.ok(!scopesAllow(["connect:accounts:write"], "connect:users:read"));
});
