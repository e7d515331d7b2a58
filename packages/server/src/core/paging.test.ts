import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeCursor, encodeCursor, pageReply, pageRequestOf } from "./paging.ts";

void test("a cursor is the unpadded base64url of an id", () => {
  assert.equal(encodeCursor("slack"), "c2xhY2s");
  assert.equal(decodeCursor("YXBuXzJrVmhMUg"), "apn_2kVhLR");
});

void test("every id survives its cursor", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (id) => {
      assert.equal(decodeCursor(encodeCursor(id)), id);
    }),
  );
});

void test("text that no id encodes to is no cursor", () => {
  for (const text of ["", "=", "c2xhY2s=", "c2xhY2+/", "a", "!!", " c2xhY2s", "c2xhY2t", "AAAA", "ZGNfAA"]) {
    assert.equal(decodeCursor(text), null, text);
  }
  fc.assert(
    fc.property(fc.string(), (text) => {
      const id = decodeCursor(text);
      assert.ok(id === null || encodeCursor(id) === text);
    }),
  );
});

void test("both bad cursors are named", () => {
  assert.throws(() => pageRequestOf({ after: "=", before: "=" }), /after: is not a cursor; before: is not a cursor/);
});

void test("an empty page has null cursors", () => {
  const page = { rows: [], totalCount: 3 };
  assert.deepEqual(pageReply(page, { idOf: () => "", itemOf: () => null }), {
    page_info: { total_count: 3, count: 0, start_cursor: null, end_cursor: null },
    data: [],
  });
});
