import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { orderEmits } from "../../emit-order.ts";
import type { Emit } from "../../invocation.ts";
import { readEmitMetadata, readTime } from "./emit-metadata.ts";

/** Times that people emit: 2001 to 2100. */
const ms = fc.integer({ min: 978_307_200_000, max: 4_102_444_800_000 });

describe("times in metadata", () => {
  it("are the same in milliseconds, seconds, ISO text, decimal text and as Date", () => {
    fc.assert(
      fc.property(ms, (at) => {
        assert.equal(readTime(at), at);
        assert.equal(readTime(String(at)), at);
        assert.equal(readTime(new Date(at)), at);
        assert.equal(readTime(new Date(at).toISOString()), at);
        assert.equal(readTime({ valueOf: () => at }), at);
        const seconds = Math.trunc(at / 1000);
        assert.equal(readTime(seconds), seconds * 1000);
        assert.equal(readTime(`${seconds}.000200`), seconds * 1000);
        assert.equal(readTime(BigInt(at) * 1000n), at);
        // Nanoseconds do not fit a number exactly.
        assert.ok(Math.abs((readTime(String(at * 1e6)) ?? 0) - at) <= 1);
      }),
    );
  });

  it("are absent when they make no sense, whatever is given", () => {
    for (const value of [undefined, null, "", "soon", Number.NaN, Infinity, {}, [], true, new Date("x")]) {
      assert.equal(readTime(value), undefined);
    }
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const at = readTime(value);
        assert.ok(at === undefined || (Number.isInteger(at) && Math.abs(at) <= 8.64e15));
      }),
    );
  });
});

describe("metadata", () => {
  it("never throws and always yields texts", () => {
    const metadata = fc.record(
      { id: fc.anything(), name: fc.anything(), summary: fc.anything(), ts: fc.anything(), delivery_ts: fc.anything() },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(metadata, fc.anything()), (given) => {
        const { channel, id, summary } = readEmitMetadata(given);
        assert.equal(typeof channel, "string");
        assert.ok(id === undefined || (typeof id === "string" && id !== ""));
        assert.ok(summary === undefined || typeof summary === "string");
      }),
    );
  });

  it("takes ids 1 and '1' as the same", () => {
    assert.equal(readEmitMetadata({ id: 1 }).id, readEmitMetadata({ id: "1" }).id);
  });
});

describe("the order of emits", () => {
  const emit = fc.record({
    event: fc.string(),
    channel: fc.constant(""),
    ts: fc.option(fc.nat(5), { nil: undefined }),
  });
  const emits = fc.array(emit).map((list) =>
    list.map(({ ts, ...rest }, at): Emit => ({
      ...rest,
      event: String(at),
      ...(ts === undefined ? { emittedAtMs: 3 } : { ts }),
    })),
  );
  const timeOf = (one: Emit) => one.ts ?? one.emittedAtMs ?? 0;

  it("is oldest to newest, stable, complete, and the same when parts are ordered again", () => {
    fc.assert(
      fc.property(emits, fc.nat(), (list, cut) => {
        const ordered = orderEmits(list);
        assert.equal(new Set(ordered).size, list.length);
        for (const [at, one] of ordered.entries()) {
          const next = ordered[at + 1];
          if (!next) continue;
          assert.ok(
            timeOf(one) < timeOf(next) || (timeOf(one) === timeOf(next) && Number(one.event) < Number(next.event)),
          );
        }
        const at = list.length === 0 ? 0 : cut % list.length;
        assert.deepEqual(orderEmits([...orderEmits(list.slice(0, at)), ...orderEmits(list.slice(at))]), ordered);
      }),
    );
  });
});
