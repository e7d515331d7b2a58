import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { pino } from "pino";
import { nodeStep, startRun, workflowOf } from "../testing/test-runs.ts";
import { startTestServer, type TestServer } from "../testing/test-server.ts";
import { eventually } from "../testing/test-source.ts";

const lines: Record<string, unknown>[] = [];
let server: TestServer;
before(async () => {
  const write = (line: string): void => void lines.push(JSON.parse(line) as Record<string, unknown>);
  server = await startTestServer({ overrides: { log: pino({ level: "debug" }, { write }) } });
});
after(() => server.close());

async function asked(requestId: string): Promise<string> {
  const response = await fetch(`${server.url}/v1/users/me`, { headers: { "x-request-id": requestId } });
  return response.headers.get("x-request-id") ?? "";
}

test("a caller's request id comes back and is in the log", async () => {
  const id = "4bf92f35-77b3-4da6";
  assert.equal(await asked(id), id);
  await eventually(async () => lines.some((line) => line["msg"] === "request" && line["reqId"] === id));
});

test("what is no id for a log is replaced", async () => {
  for (const id of ["short", "with space in it", "x".repeat(101), `quote"and{brace}`]) {
    const answered = await asked(id);
    assert.notEqual(answered, id);
    assert.match(answered, /^[A-Za-z0-9]{20}$/);
  }
});

test("at the level debug, the log has a line for each run with the ids that find it", async () => {
  const workflow = await workflowOf(server, [nodeStep("hello", "return 1;")]);
  const runId = await startRun(workflow);
  const found = () => lines.find((line) => line["runId"] === runId && line["status"] === "success");
  await eventually(async () => found() !== undefined);
  assert.deepEqual([found()?.["workflowId"], found()?.["orgId"]], [workflow.id, server.orgId]);
});
