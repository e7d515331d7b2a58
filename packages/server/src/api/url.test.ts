import assert from "node:assert/strict";
import { test } from "node:test";
import { normalizeUrl } from "./url.ts";

const cases: [string, string][] = [
  ["/", "/"],
  ["//", "/"],
  ["/v1/accounts/", "/v1/accounts"],
  ["//v1///accounts//?q=//a/", "/v1/accounts?q=//a/"],
  ["/v1/orgs/o_1/sources", "/v1/workspaces/o_1/sources"],
  ["/v1/orgs", "/v1/workspaces"],
  ["/v1/orgs?x=1", "/v1/workspaces?x=1"],
  ["/v1/orgsmith", "/v1/orgsmith"],
  ["/v1/x/orgs/1", "/v1/x/orgs/1"],
  ["/sources/dc_1/sse?x=1", "/v1/sources/dc_1/sse?x=1"],
  ["/sources/dc_1/runs", "/sources/dc_1/runs"],
  ["/v1/components/~%2Fkey", "/v1/components/~%2Fkey"],
];

void test("paths have one spelling", () => {
  for (const [given, expected] of cases) assert.equal(normalizeUrl(given), expected, given);
});
