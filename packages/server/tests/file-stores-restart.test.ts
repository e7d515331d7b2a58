import assert from "node:assert/strict";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Instance, removeDataDir, type ApiCaller } from "../testing/instance/index.ts";
import { nodeStep, returned, type TestWorkflowRun } from "../testing/test-runs.ts";
import { eventually } from "../testing/test-source.ts";

async function runIn(api: ApiCaller, id: string, status: string): Promise<TestWorkflowRun> {
  return eventually(async () => {
    const run = await api.data<TestWorkflowRun>("GET", `/runs/${id}`);
    return run.status === status && run;
  });
}

test("a file that a step returned is there for the next one, in a new process after kill -9", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "millrace-files-"));
  let instance = await Instance.start({ dataDir });
  try {
    const api = await instance.caller();
    const steps = [
      nodeStep(
        "write",
        `const file = await $.files.open("kept.txt").fromReadableStream(["before"]); $.flow.delay(1000); return file;`,
      ),
      nodeStep("read", `return steps.write.$return_value.toEncodedString();`),
    ];
    const workflow = await api.data<{ id: string }>("POST", "/workflows", { steps });
    const { id } = await api.data<{ id: string }>("POST", `/workflows/${workflow.id}/runs`, { event: {} });
    await runIn(api, id, "paused");
    instance.killTree();
    await instance.exited;
    instance = await instance.restart();
    const run = await runIn(await instance.caller(), id, "success");
    assert.equal(returned(run)["read"], "before");
  } finally {
    instance.killTree();
    await instance.exited;
    await removeDataDir(dataDir);
  }
});
