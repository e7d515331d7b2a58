import assert from "node:assert/strict";
import { test } from "node:test";
import { readableLine } from "./readable-line.ts";

const time = "2026-11-23T19:52:12.050Z";
const read = (line: object): string => readableLine(JSON.stringify({ level: 30, time, ...line }));

void test("a request is one short sentence", () => {
  const request = { reqId: "x", method: "GET", route: "/v1/sources/:id", status: 200, took_ms: 2, caller: "ak_1" };
  assert.equal(read({ ...request, msg: "request" }), "19:52:12  GET /v1/sources/:id 200 in 2 ms\n");
  assert.match(read({ ...request, route: null, status: 404, msg: "request" }), /GET \(no route\) 404/);
});

void test("levels above info, details and errors are told", () => {
  assert.equal(
    read({ tier: "A", reasons: [], msg: "sandbox tier A" }),
    "19:52:12  sandbox tier A  tier=A  reasons=[]\n",
  );
  const err = { type: "Error", message: "away", stack: "Error: away\n    at x.ts:1" };
  assert.equal(
    read({ level: 50, err, msg: "failed" }),
    "19:52:12  error  failed\n    Error: away\n        at x.ts:1\n",
  );
});
