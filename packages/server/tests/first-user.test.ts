import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiKeys, ensureFirstUser, type FirstCredentials } from "../src/accounts/index.ts";
import { testDatabase } from "../testing/index.ts";

void test("twenty nodes that start at once make one user", async () => {
  await using database = await testDatabase({ poolSize: 10 });
  const kept: FirstCredentials[] = [];
  const keep = async (credentials: FirstCredentials) => void kept.push(credentials);
  const made = await Promise.all(Array.from({ length: 20 }, () => ensureFirstUser(database.db, { keep })));
  assert.equal(made.filter((credentials) => credentials !== null).length, 1);
  assert.equal(kept.length, 1);
  const counts = await database.db.query("select count(*) from users union all select count(*) from workspaces");
  assert.deepEqual(counts.rows, [{ count: 1 }, { count: 1 }]);
  const principal = await new ApiKeys({ db: database.db, onError: () => {} }).authenticate(kept[0]?.api_key ?? "");
  assert.deepEqual([principal?.userId, principal?.orgIds], [kept[0]?.user_id, [kept[0]?.org_id]]);
});

void test("when the credentials cannot be kept, nothing is made and the next start tries again", async () => {
  await using database = await testDatabase();
  const failing = ensureFirstUser(database.db, { keep: () => Promise.reject(new Error("disk full")) });
  await assert.rejects(failing, /disk full/);
  assert.ok(await ensureFirstUser(database.db, { keep: async () => {} }));
});
