import assert from "node:assert/strict";
import { test } from "node:test";
import { nodeStep } from "../testing/test-runs.ts";
import { startPlatform } from "../testing/instance/index.ts";
import { eventually } from "../testing/test-source.ts";

test("a run whose server is killed in the middle is counted once, when it has ended", async () => {
  await using platform = await startPlatform();
  const { api, db, instance } = platform;
  const slow = nodeStep("slow", `await new Promise((resolve) => setTimeout(resolve, 1500)); return 2;`);
  const { id } = await api.data<{ id: string }>("POST", "/workflows", { steps: [nodeStep("one", `return 1;`), slow] });
  for (let index = 0; index < 5; index++) await api.data("POST", `/workflows/${id}/runs`, { event: {} });
  const countOf = async (text: string): Promise<number> => {
    const { rows } = await db.query<{ count: number }>(text);
    return rows[0]?.count ?? 0;
  };
  await eventually(async () => (await countOf("select count(*) from workflow_steps")) === 5);
  instance.killTree();
  assert.equal(await countOf("select count(*) from usage_days"), 0);
  const restarted = await instance.restart();
  try {
    await eventually(async () => (await countOf("select count(*) from workflow_runs where status = 'success'")) === 5);
    const { rows } = await db.query("select credits, workflow_segments from usage_days");
    assert.deepEqual(rows, [{ credits: 5, workflow_segments: 5 }]);
  } finally {
    await restarted.stop();
  }
});
