import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyDatabase } from "../../testing/index.ts";
import { openClient } from "./connection.ts";
import { assertServerVersion } from "./server-version.ts";

test("a PostgreSQL of today is good enough, and one before 15 is refused by its name", async () => {
  await using database = await emptyDatabase();
  const client = await openClient({ url: database.url });
  await assertServerVersion(client);
  // What an old server would answer, from a real one.
  await client.query(
    `create schema old;
     create function old.current_setting(name text) returns text language sql as
     $$ select case name when 'server_version_num' then '140011' else '14.11' end $$`,
  );
  await client.query("set search_path = old, pg_catalog");
  await assert.rejects(assertServerVersion(client), { code: "database_too_old", message: /14\.11/ });
  await client.end();
});
