import assert from "node:assert/strict";
import { test } from "node:test";
import { testDatabase } from "../../testing/index.ts";
import { Leadership, type Database } from "./index.ts";

const LOCK_NAME = "test leadership";

function candidate(db: Database, options: { retryMs: number; checkEveryMs: number }) {
  const { promise: gained, resolve: onGained } = Promise.withResolvers<void>();
  const leadership = new Leadership({ db, lockName: LOCK_NAME, onGained, onError: assert.ifError, ...options });
  return { leadership, gained };
}

test("leadership is taken from a node that is frozen, whose connection stays open", async () => {
  await using fixture = await testDatabase();
  const { db } = fixture;
  const frozen = candidate(db, { retryMs: 20, checkEveryMs: 3_600_000 });
  await frozen.leadership.start();
  const follower = candidate(db, { retryMs: 20, checkEveryMs: 100 });
  await follower.leadership.start();
  assert.equal(follower.leadership.isLeader, false);
  await follower.gained;
  assert.equal(follower.leadership.isLeader, true);
  frozen.leadership.stop();
  follower.leadership.stop();
});

test("a leader that lives keeps its place", async () => {
  await using fixture = await testDatabase();
  const { db } = fixture;
  const leader = candidate(db, { retryMs: 20, checkEveryMs: 200 });
  await leader.leadership.start();
  const follower = candidate(db, { retryMs: 20, checkEveryMs: 1_000 });
  await follower.leadership.start();
  const lost = await Promise.race([follower.gained.then(() => true), new Promise((done) => setTimeout(done, 2_500))]);
  assert.equal(lost, undefined);
  leader.leadership.stop();
  await follower.gained;
  follower.leadership.stop();
});
