import assert from "node:assert/strict";
import { test } from "node:test";
import { testDatabase } from "../../testing/index.ts";
import type { Hint } from "./index.ts";

test("bigint columns and arrays arrive as numbers", async () => {
  await using fixture = await testDatabase();
  const { rows } = await fixture.db.query("select 1764000000000::bigint * 1024 as id, array[1,2]::bigint[] as ids");
  assert.deepEqual(rows, [{ id: 1_764_000_000_000 * 1024, ids: [1, 2] }]);
});

test("a notification reaches the listeners of its topic on every connection, and no others", async () => {
  await using fixture = await testDatabase();
  const heard: Hint[] = [];
  fixture.db.listen("other", (hint) => heard.push(hint));
  const first = new Promise<Hint>((resolve) => fixture.db.listen("sources", resolve));
  await fixture.db.notify("sources", { id: "dc_1" });
  assert.deepEqual(await first, { type: "message", payload: { id: "dc_1" } });
  assert.deepEqual(heard, []);
});
