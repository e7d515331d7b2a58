import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { ReplyOf, systemOperations } from "@millrace/contract";
import { addUser } from "../testing/test-api.ts";
import { startTestServer, type TestServer } from "../testing/test-server.ts";
import { eventually } from "../testing/test-source.ts";
import { nodeStep, startRun, workflowOf } from "../testing/test-runs.ts";

type System = ReplyOf<typeof systemOperations.getSystem>["data"];

let server: TestServer;
before(async () => {
  server = await startTestServer({ env: { MILLRACE_SMTP_URL: "smtp://user:hush@mail.example.com:587" } });
});
after(() => server.close());

async function system(): Promise<System> {
  const reply = await server.call("GET", "/system");
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  return (reply.body as { data: System }).data;
}

test("the operator learns of nodes, sandbox, queue, disk, database, search and mail, and of no password", async () => {
  const report = await system();
  const [node] = report.nodes;
  assert.equal(report.nodes.length, 1);
  assert.deepEqual(node?.roles, ["api", "ingest", "worker", "scheduler"]);
  assert.deepEqual([node?.answering, node?.connected, node?.version], [true, true, report.version]);
  assert.equal(node?.sandbox_tier, report.sandbox.tier);
  assert.equal(report.database.kind, "external");
  assert.match(report.database.version, /^\d+/);
  assert.ok(report.database.size_bytes > 1_000_000);
  assert.ok(report.disk.free_bytes > 0 && report.disk.free_bytes <= report.disk.size_bytes);
  assert.ok(report.slots.free > 0);
  assert.notEqual(report.search.model, "");
  assert.equal(report.mail.outlet, "mail.example.com");
  assert.doesNotMatch(JSON.stringify(report), /hush/);
});

test("what is in work shows in the queue, in the sandbox and in the slots", async () => {
  const workflow = await workflowOf(server, [
    nodeStep("wait", "await new Promise((done) => setTimeout(done, 60_000));"),
  ]);
  await startRun(workflow);
  await eventually(async () => {
    const { queue, sandbox, slots } = await system();
    return queue.in_work === 1 && sandbox.running === 1 && slots.in_use === 1;
  });
});

test("a node that has gone silently is listed as not connected", async () => {
  await server.db.query(
    `insert into nodes (node_id, epoch, roles, started_at_ms, heartbeat_at_ms) values ('gone', 1, '{worker}', 1, 1)`,
  );
  const gone = (await system()).nodes.find(({ name }) => name === "gone");
  assert.deepEqual([gone?.connected, gone?.answering, gone?.version], [false, false, null]);
});

test("who does not look after the instance is refused: members of the first workspace, and owners of others", async () => {
  const member = await addUser(server.db, { memberOf: { orgId: server.orgId, role: "member" } });
  const stranger = await addUser(server.db);
  for (const { apiKey } of [member, stranger]) {
    const response = await fetch(`${server.url}/v1/system`, { headers: { authorization: `Bearer ${apiKey}` } });
    assert.equal(response.status, 403);
  }
});
