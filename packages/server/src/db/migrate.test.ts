import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { emptyDatabase } from "../../testing/index.ts";
import { Database, migrate } from "./index.ts";

const OURS = readdirSync(new URL("./migrations/", import.meta.url)).toSorted();
const NEXT = String(OURS.length + 1).padStart(4, "0");

async function copyOfMigrations(): Promise<{ url: URL; path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "millrace-migrations-"));
  await cp(new URL("./migrations/", import.meta.url), path, { recursive: true });
  const url = pathToFileURL(`${path}/`);
  return { url, path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

test("twenty nodes that start at once migrate once", async () => {
  await using database = await emptyDatabase();
  await Promise.all(Array.from({ length: 20 }, () => migrate(database.url)));
  const db = await Database.connect({ url: database.url });
  const { rows } = await db.query("select number, name from migrations order by number");
  await db.close();
  assert.deepEqual(
    rows,
    OURS.map((name, index) => ({ number: index + 1, name })),
  );
});

test("a database that a newer version has migrated is refused", async () => {
  await using database = await emptyDatabase();
  await using newer = await copyOfMigrations();
  await writeFile(join(newer.path, `${NEXT}_later.sql`), "create table later (id int)");
  await migrate(database.url, { directory: newer.url });
  await assert.rejects(migrate(database.url), { code: "database_newer_than_code", exitCode: 70 });
});

test("an applied migration that was edited is refused", async () => {
  await using database = await emptyDatabase();
  await using edited = await copyOfMigrations();
  await migrate(database.url);
  await writeFile(join(edited.path, "0001_init.sql"), "select 1");
  await assert.rejects(migrate(database.url, { directory: edited.url }), { code: "database_changed" });
});

test("a migration that fails leaves nothing of itself behind", async () => {
  await using database = await emptyDatabase();
  await using broken = await copyOfMigrations();
  await writeFile(join(broken.path, `${NEXT}_broken.sql`), "create table half (id int); select nonsense");
  await assert.rejects(migrate(database.url, { directory: broken.url }), /nonsense/);
  await migrate(database.url);
  const db = await Database.connect({ url: database.url });
  const { rows } = await db.query("select to_regclass('half') as half");
  await db.close();
  assert.deepEqual(rows, [{ half: null }]);
});
