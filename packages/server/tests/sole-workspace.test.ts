import assert from "node:assert/strict";
import { test } from "node:test";
import { startTestServer, type TestServer } from "../testing/index.ts";

async function userCount(server: TestServer): Promise<number> {
  const { rows } = await server.db.query<{ count: number }>("select count(*)::int as count from users");
  return rows[0]?.count ?? 0;
}

function signUp(server: TestServer): Promise<Response> {
  return fetch(`${server.url}/v1/auth/signup`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email: "new@example.com", password: "correct horse battery" }),
  });
}

test("where the sandbox does not keep workspaces apart, a second one is refused with the reason", async () => {
  await using server = await startTestServer({ env: { MILLRACE_SANDBOX_TIER: "C", MILLRACE_SIGNUP: "open" } });
  const refused = await server.call("POST", "/workspaces", { name: "Second" });
  assert.equal(refused.status, 409);
  assert.match(JSON.stringify(refused.body), /one workspace only.*tier C.*MILLRACE_SANDBOX_ALLOW_SHARED/);
  const before = await userCount(server);
  const signedUp = await signUp(server);
  assert.equal(signedUp.status, 403);
  assert.match(await signedUp.text(), /one workspace only/);
  assert.equal(await userCount(server), before, "no user without a place");
  assert.equal((await server.call("GET", "/workspaces")).status, 200);
});

test("the operator's word lets a weaker sandbox have several workspaces", async () => {
  await using server = await startTestServer({
    env: { MILLRACE_SANDBOX_TIER: "C", MILLRACE_SANDBOX_ALLOW_SHARED: "1", MILLRACE_SIGNUP: "open" },
  });
  assert.equal((await server.call("POST", "/workspaces", { name: "Second" })).status, 200);
  assert.equal((await signUp(server)).status, 200);
});
