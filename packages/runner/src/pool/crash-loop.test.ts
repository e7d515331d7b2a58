import assert from "node:assert/strict";
import { test } from "node:test";
import { CrashLoop } from "./crash-loop.ts";

test("the pauses after crashes in a row double up to a minute", () => {
  const loop = new CrashLoop();
  const pauses = Array.from({ length: 11 }, () => {
    loop.recordCrash(0);
    return loop.pauseLeftMs(0) / 1000;
  });
  assert.deepEqual(pauses, [0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
  assert.equal(loop.pauseLeftMs(59_999), 1);
  assert.equal(loop.pauseLeftMs(61_000), 0);
});

test("a run that ends well ends the pause", () => {
  const loop = new CrashLoop();
  for (let crash = 0; crash < 5; crash++) loop.recordCrash(0);
  loop.recordSuccess();
  assert.equal(loop.pauseLeftMs(0), 0);
  loop.recordCrash(0);
  assert.equal(loop.pauseLeftMs(0), 0);
});
