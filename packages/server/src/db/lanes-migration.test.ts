import assert from "node:assert/strict";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { emptyDatabase } from "../../testing/index.ts";
import { Database, migrate } from "./index.ts";

const BEFORE = ["0001_init.sql", "0002_workflows.sql"];
const settingsOf = (more: object): string =>
  JSON.stringify({ settings: { concurrency: null, throttle: null, queueSize: 10_000, ...more } });

test("limits that workflows had before there were lanes hold from then on, also for what waits", async () => {
  await using database = await emptyDatabase();
  const path = await mkdtemp(join(tmpdir(), "millrace-lanes-"));
  for (const name of BEFORE) await cp(new URL(`./migrations/${name}`, import.meta.url), join(path, name));
  await migrate(database.url, { directory: pathToFileURL(`${path}/`) });
  await rm(path, { recursive: true });
  const db = await Database.connect({ url: database.url });
  await db.query("insert into workspaces values ('o_1', 'o', 'o', 'o', 0)");
  for (const [id, definition] of [
    ["p_free", settingsOf({})],
    ["p_one", settingsOf({ concurrency: 1 })],
    ["p_slow", settingsOf({ throttle: { limit: 0, intervalMs: 5_000 }, queueSize: 7 })],
  ]) {
    await db.query(
      "insert into workflows (org_id, workflow_id, name, deployment_id, created_at_ms, updated_at_ms) values ('o_1', $1, '', $1, 0, 0)",
      [id],
    );
    await db.query("insert into workflow_versions values ('o_1', $1, $1, 1, $2, 0)", [id, definition]);
    for (const [number, channel] of ["", "$trigger", "$errors"].entries()) {
      await db.query(
        `insert into deliveries (delivery_id, org_id, listener_id, emitter_id, channel, event_id, due_at_ms, created_at_ms)
         values (hashtext($1) * 10::bigint + $2, 'o_1', $1, 'dc_1', $3, 1, 0, 0)`,
        [id, number, channel],
      );
    }
  }
  await migrate(database.url);
  const lanes = await db.query<Record<string, unknown>>(
    "select workflow_id, concurrency, throttle_limit, throttle_interval_ms, queue_size from lanes order by 1",
  );
  assert.deepEqual(
    lanes.rows.map((row) => Object.values(row)),
    [
      ["p_one", 1, null, null, 10_000],
      ["p_slow", null, 0, 5_000, 7],
    ],
  );
  const inLane = await db.query<Record<string, unknown>>(
    "select listener_id, channel from deliveries where in_lane order by 1, 2",
  );
  assert.deepEqual(
    inLane.rows.map((row) => Object.values(row)),
    [
      ["p_one", ""],
      ["p_one", "$errors"],
      ["p_slow", ""],
      ["p_slow", "$errors"],
    ],
  );
  await db.close();
});
