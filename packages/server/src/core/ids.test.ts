import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { newKsuid } from "./ids.ts";

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

function bytesOf(ksuid: string): Buffer {
  let number = 0n;
  for (const digit of ksuid) number = number * 62n + BigInt(DIGITS.indexOf(digit));
  return Buffer.from(number.toString(16).padStart(40, "0"), "hex");
}

test("a KSUID is 20 bytes in base 62, and the first four are its second", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1_400_000_000, max: 5_694_967_295 }), (seconds) => {
      const ksuid = newKsuid(seconds * 1000 + 999);
      assert.match(ksuid, /^[0-9A-Za-z]{27}$/);
      const bytes = bytesOf(ksuid);
      assert.equal(bytes.length, 20);
      assert.equal(bytes.readUInt32BE(0) + 1_400_000_000, seconds);
    }),
  );
});

test("KSUIDs of one moment differ, and their random bits vary everywhere", () => {
  const ksuids = Array.from({ length: 5_000 }, () => newKsuid(1_790_000_000_000));
  assert.equal(new Set(ksuids).size, ksuids.length);
  const [ones, zeros] = [Buffer.alloc(20), Buffer.alloc(20)];
  for (const bytes of ksuids.map(bytesOf)) {
    for (const [index, byte] of bytes.entries()) {
      ones[index] = (ones[index] ?? 0) | byte;
      zeros[index] = (zeros[index] ?? 0) | ~byte;
    }
  }
  assert.ok([...ones.subarray(4), ...zeros.subarray(4)].every((bits) => bits === 255));
});
