import assert from "node:assert/strict";
import { test } from "node:test";
import { openClient } from "../db/index.ts";
import { testDatabase } from "../../testing/test-database.ts";
import { TableLoad } from "./table-load.ts";

test("rows that are none are refused as damaged, however many more come after the database has said no", async () => {
  await using database = await testDatabase();
  const client = await openClient({ url: database.url });
  try {
    const load = new TableLoad(client, { name: "instance_settings", columns: ["name", "value"] });
    const garbage = Buffer.from("only one column\n".repeat(5_000));
    await assert.rejects(
      async () => {
        for (let chunk = 0; chunk < 1_000; chunk++) {
          await load.write(garbage);
          await new Promise(setImmediate);
        }
        await load.end();
      },
      { name: "BackupError", code: "archive_damaged" },
    );
    await assert.rejects(load.write(garbage), { code: "archive_damaged" });
    await assert.rejects(load.end(), { code: "archive_damaged" });
  } finally {
    await client.end();
  }
});
