import assert from "node:assert/strict";
import { test } from "node:test";
import { UidPool } from "./uid-pool.ts";

test("two pools on one machine never hand out the same user id", async () => {
  const pools = [new UidPool(), new UidPool()];
  const taken: number[] = [];
  for (let round = 0; round < 300; round++) for (const pool of pools) taken.push(await pool.take());
  assert.equal(new Set(taken).size, taken.length);
  assert.ok(Math.min(...taken) >= 20_000 && Math.max(...taken) <= 29_999);
  for (const pool of pools) pool.close();
});

test("an id that was given back is handed out again, the longest unused first", async () => {
  const pool = new UidPool();
  const first = await pool.take();
  pool.release(first);
  const seen: number[] = [];
  for (let round = 0; round < 250; round++) seen.push(await pool.take());
  assert.equal(seen.at(-1), first);
  pool.close();
});
