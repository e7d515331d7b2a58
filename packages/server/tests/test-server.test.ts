import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { startTestServer } from "../testing/index.ts";

test("a server starts in the test's process, answers the first user and leaves nothing behind", async () => {
  const server = await startTestServer({ egressAllow: ["127.0.0.0/8"] });
  const me = await server.call("GET", "/users/me");
  assert.equal(me.status, 200);
  const { rows } = await server.db.query("select org_id from workspaces");
  assert.deepEqual(rows, [{ org_id: server.orgId }]);
  await server.close();
  assert.equal(existsSync(server.dataDir), false);
  await assert.rejects(fetch(`${server.url}/healthz`));
});
