import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { sql } from "kysely";
import { encodeCursor, pageReply, pageRequestOf } from "../src/core/index.ts";
import { selectPage } from "../src/db/index.ts";
import { testDatabase, type TestDatabase } from "../testing/index.ts";

const ORG = "o_paging";
const SIZE = 23;
let database: TestDatabase;
let ids: string[];

before(async () => {
  database = await testDatabase();
  await database.db.query("insert into workspaces values ($1, $1, $1, $1, 0)", [ORG]);
  // Several rows share each time: the id decides among them.
  await database.db.query(
    `insert into projects (org_id, project_id, name, created_at_ms)
     select $1, 'proj_' || md5(n::text), 'p', n / 4 from generate_series(1, $2::int) n`,
    [ORG, SIZE],
  );
  const all = await database.db.query<{ project_id: string }>(
    "select project_id from projects order by created_at_ms desc, project_id desc",
  );
  ids = all.rows.map((row) => row.project_id);
});
after(() => database[Symbol.asyncDispose]());

async function page(input: { limit?: number; after?: string; before?: string }) {
  const found = await selectPage<{ project_id: string }>(database.db.kysely, {
    columns: sql`project_id`,
    from: sql`projects`,
    where: sql`org_id = ${ORG}`,
    id: sql`project_id`,
    sort: sql`created_at_ms`,
    direction: "desc",
    page: pageRequestOf(input),
  });
  return pageReply(found, { idOf: (row) => row.project_id, itemOf: (row) => row.project_id });
}

void test("walking forwards with any page size sees every row once, in order", async () => {
  for (const limit of [1, 3, 10, SIZE, 100]) {
    const seen: string[] = [];
    let after: string | undefined;
    for (;;) {
      const { data, page_info } = await page({ limit, ...(after !== undefined && { after }) });
      if (page_info.end_cursor === null) break;
      assert.deepEqual([page_info.total_count, page_info.count], [SIZE, data.length]);
      seen.push(...data);
      after = page_info.end_cursor;
    }
    assert.deepEqual(seen, ids);
  }
});

void test("a window is what lies between its cursors, nearest to the one that bounds it", async () => {
  const place = fc.integer({ min: 0, max: SIZE - 1 });
  const limits = fc.integer({ min: 1, max: 30 });
  await fc.assert(
    fc.asyncProperty(fc.option(place), fc.option(place), limits, async (afterAt, beforeAt, limit) => {
      const cursor = (at: number) => encodeCursor(ids[at] ?? "");
      const between = ids.slice(afterAt === null ? 0 : afterAt + 1, beforeAt ?? SIZE);
      const expected = afterAt === null && beforeAt !== null ? between.slice(-limit) : between.slice(0, limit);
      const { data } = await page({
        limit,
        ...(afterAt !== null && { after: cursor(afterAt) }),
        ...(beforeAt !== null && { before: cursor(beforeAt) }),
      });
      assert.deepEqual(data, expected);
    }),
    { numRuns: 60 },
  );
});

void test("a cursor of a row that is not in the list is a clear 400", async () => {
  await assert.rejects(page({ after: encodeCursor("proj_gone") }), { code: "invalid_input", message: /after/ });
});
