import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { encodeFrame, FrameDecoder, FrameError, parseBody } from "./frames.ts";
import { FRAME_HEADER_BYTES } from "./messages.ts";

const frame = fc.record({
  type: fc.integer({ min: 0, max: 255 }),
  invocation: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  payload: fc.jsonValue(),
});

/** Cuts bytes at the given places. */
function chop(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

describe("frames", () => {
  test("come out as they went in, however the stream is chopped", () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 30 }), (frames, cuts) => {
        const stream = Buffer.concat(frames.map(({ payload, ...head }) => encodeFrame(head, payload)));
        const decoder = new FrameDecoder();
        const read = chop(stream, cuts).flatMap((chunk) => decoder.push(chunk));
        const seen = read.map((one) => ({ type: one.type, invocation: one.invocation, payload: parseBody(one) }));
        assert.deepEqual(
          seen,
          frames.map((one) => ({ ...one, payload: JSON.parse(JSON.stringify(one.payload ?? {})) as unknown })),
        );
        assert.equal(decoder.isInsideFrame, false);
      }),
    );
  });

  test("made of any bytes are refused or wait for more, and never anything else", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.nat(), { maxLength: 10 }), (bytes, cuts) => {
        const decoder = new FrameDecoder(64);
        try {
          for (const chunk of chop(Buffer.from(bytes), cuts)) for (const one of decoder.push(chunk)) parseBody(one);
        } catch (error) {
          assert.ok(error instanceof FrameError);
        }
      }),
    );
  });

  test("over the limit are refused by their header alone", () => {
    const header = Buffer.alloc(FRAME_HEADER_BYTES);
    header.writeUInt32LE(1025, 0);
    assert.throws(() => new FrameDecoder(1024).push(header), FrameError);
    assert.throws(() => encodeFrame({ type: 1, invocation: 0 }, "x".repeat(1024), 1024), FrameError);
  });

  test("of several megabytes in small chunks take linear time", () => {
    const big = encodeFrame({ type: 1, invocation: 1 }, "x".repeat(8 * 1024 * 1024));
    const decoder = new FrameDecoder();
    let count = 0;
    for (let at = 0; at < big.length; at += 1_000) count += decoder.push(big.subarray(at, at + 1_000)).length;
    assert.equal(count, 1);
  });
});
