import assert from "node:assert/strict";
import { test } from "node:test";
import { formatTraceparent, parseTraceparent } from "./traceparent.ts";

const GOOD = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

test("a traceparent is read and written as W3C says", () => {
  const context = parseTraceparent(GOOD);
  assert.ok(context);
  assert.equal(formatTraceparent(context), GOOD);
});

test("what is no traceparent is ignored", () => {
  const zeros = "00-00000000000000000000000000000000-b7ad6b7169203331-01";
  for (const text of ["", "x", zeros, GOOD.replace(/^00/, "ff"), `${GOOD}-more`, GOOD.toUpperCase()]) {
    assert.equal(parseTraceparent(text), null, text);
  }
});

test("a later version may say more", () => {
  assert.ok(parseTraceparent(`${GOOD.replace(/^00/, "01")}-more`));
});
