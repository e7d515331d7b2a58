import assert from "node:assert/strict";
import { test } from "node:test";
import { startPlatform } from "../testing/instance/index.ts";
import { eventually } from "../testing/test-source.ts";

const HANGING = `export default { name: "Hangs",
  props: { http: "$.interface.http", db: "$.service.db", timer: { type: "$.interface.timer", default: { intervalSeconds: 1 } } },
  hooks: { async deploy() { await new Promise(() => {}); } }, run() {} }`;

test("a server killed in the middle of a deploy leaves nothing of the source after its restart", async () => {
  await using platform = await startPlatform();
  const { api, db, instance } = platform;
  const countOf = async (table: string): Promise<number> => {
    const { rows } = await db.query<{ count: number }>(`select count(*) as count from ${table}`);
    return rows[0]?.count ?? 0;
  };
  const cutOff = assert.rejects(api.call("POST", "/sources", { component_code: HANGING }));
  await eventually(async () => (await countOf("sources")) === 1);
  instance.killTree();
  await cutOff;
  const restarted = await instance.restart();
  try {
    for (const table of ["sources", "endpoints", "timers", "source_db"]) assert.equal(await countOf(table), 0, table);
  } finally {
    await restarted.stop();
  }
});
