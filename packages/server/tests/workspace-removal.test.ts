import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { operations, type Operation } from "@millrace/contract";
import { PrincipalCache } from "../src/accounts/index.ts";
import { WorkspaceRemoval } from "../src/accounts/members/index.ts";
import { startTestServer, TestReceiver, type TestServer } from "../testing/index.ts";

const SOURCE = `export default {
  props: { http: { type: "$.interface.http", customResponse: false }, timer: { type: "$.interface.timer", default: { intervalSeconds: 1 } } },
  hooks: { async deactivate() { throw new Error("no"); } },
  run(event) { this.$emit(event); },
};`;

let server: TestServer;
let receiver: TestReceiver;
before(async () => {
  receiver = await TestReceiver.start();
  server = await startTestServer({ egressAllow: ["127.0.0.0/8"], env: { MILLRACE_SANDBOX_ALLOW_SHARED: "1" } });
});
after(async () => {
  await server.close();
  await receiver[Symbol.asyncDispose]();
});

interface Reply {
  status: number;
  body: unknown;
}

function dataOf(reply: Reply): Record<string, unknown> {
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  return (reply.body as { data: Record<string, unknown> }).data;
}

async function withToken(token: string, path: string): Promise<number> {
  return (await fetch(`${server.url}/v1${path}`, { headers: { authorization: `Bearer ${token}` } })).status;
}

void test("a deleted workspace is out of reach at once, and nothing of it goes on", async () => {
  const org = dataOf(await server.call("POST", "/workspaces", { name: "Doomed" }));
  const orgId = String(org["id"]);
  const source = dataOf(
    await server.call("POST", `/sources?org_id=${orgId}`, { component_code: SOURCE, name: "ticker" }),
  );
  const sourceId = String(source["id"]);
  const props = source["configured_props"] as { http: { endpoint_url: string } };
  const workflow = await server.call("POST", `/workflows?org_id=${orgId}`, { triggers: [{ type: "http" }] });
  assert.equal(workflow.status, 200, JSON.stringify(workflow.body));
  const webhook = dataOf(await server.call("POST", `/webhooks?org_id=${orgId}&url=${receiver.url}`));
  const subscription = { emitter_id: sourceId, listener_id: webhook["id"] };
  dataOf(await server.call("POST", "/subscriptions", subscription));
  await receiver.waitFor(1);
  const project = dataOf(await server.call("POST", `/projects?org_id=${orgId}`, { name: "p" }));
  const stored = await fetch(`${server.url}/v1/projects/${String(project["id"])}/files/a/b.txt`, {
    method: "PUT",
    headers: { authorization: `Bearer ${server.apiKey}` },
    body: "kept",
  });
  assert.equal(stored.status, 200, await stored.text());
  const filesOnDisk = () => readdir(join(server.dataDir, "files", "stores"));
  assert.equal((await filesOnDisk()).length, 1);
  const key = String(dataOf(await server.call("POST", `/workspaces/${orgId}/api_keys`, { name: "k" }))["key"]);
  const client = dataOf(await server.call("POST", `/workspaces/${orgId}/oauth_clients`, { name: "c" }));
  const { client_id, client_secret } = client;
  const issued = await fetch(`${server.url}/v1/oauth/token`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ grant_type: "client_credentials", client_id, client_secret }),
  });
  const { access_token: accessToken } = (await issued.json()) as { access_token: string };
  assert.deepEqual([await withToken(key, "/accounts"), await withToken(accessToken, "/accounts")], [200, 200]);

  const path = `/workspaces/${orgId}`;
  assert.equal((await server.call("DELETE", `${path}?confirm=wrong`)).status, 400);
  assert.equal((await server.call("DELETE", `${path}?confirm=doomed`)).status, 204);

  assert.deepEqual([await withToken(key, "/accounts"), await withToken(accessToken, "/accounts")], [401, 401]);
  for (const gone of [path, `/sources/${sourceId}`, `/webhooks/${String(webhook["id"])}`]) {
    assert.equal((await server.call("GET", gone)).status, 404, gone);
  }
  assert.equal((await fetch(props.http.endpoint_url, { method: "POST", body: "x" })).status, 404);
  const left = await server.db.query(
    `select 'workspace' as what from workspaces where org_id = $1 union all select 'source' from sources where org_id = $1
     union all select 'workflow' from workflows where org_id = $1 union all select 'timer' from timers where org_id = $1
     union all select 'delivery' from deliveries where org_id = $1`,
    [orgId],
  );
  assert.deepEqual(left.rows, []);
  assert.deepEqual(await filesOnDisk(), []);
  const heard = receiver.requests.length;
  await delay(1_200);
  assert.equal(receiver.requests.length, heard, "its timer ticks no more");
});

void test("each of its changes was told in it, though its owner has other workspaces", async () => {
  const { rows } = await server.db.query<{ action: string; details: string | null }>(
    "select a.action, a.details from audit_log a where not exists (select 1 from workspaces w where w.org_id = a.org_id) order by at_ms",
  );
  assert.deepEqual(
    rows.map(({ action }) => action),
    [
      ...["createWorkspace", "createSource", "createWorkflow", "createWebhook", "createSubscription"],
      ...["createProject", "putProjectFile", "createApiKey", "createOauthClient", "deleteWorkspace"],
    ],
  );
  assert.equal(rows.at(-1)?.details, '{"orgname":"doomed"}');
});

void test("no operation that changes something writes its answer past the audit log", () => {
  const all: Operation[] = Object.values(operations);
  assert.deepEqual(
    all.filter(({ method, streams }) => method !== "GET" && streams !== undefined).map(({ id }) => id),
    [],
  );
});

void test("the workspace that the instance began with stays, whose owners look after it", async () => {
  dataOf(await server.call("POST", "/workspaces", { name: "Another" }));
  const reply = await server.call("DELETE", `/workspaces/${server.orgId}?confirm=default`);
  assert.equal(reply.status, 409, JSON.stringify(reply.body));
  assert.equal((await server.call("GET", `/workspaces/${server.orgId}`)).status, 200);
});

void test("a removal that its node did not finish is brought to its end by the chore", async () => {
  const { db } = server;
  const org = dataOf(await server.call("POST", "/workspaces", { name: "Half gone" }));
  await db.query("update workspaces set deleted_at_ms = 1 where org_id = $1", [org["id"]]);
  const taken: string[] = [];
  const removal = new WorkspaceRemoval({
    ...{ db, cache: new PrincipalCache(db), revokeClients: async () => {} },
    takeDown: async (orgId) => void taken.push(orgId),
    onError: (error) => assert.fail(String(error)),
  });
  await removal.resume(Date.now());
  assert.deepEqual(taken, [org["id"]]);
  assert.equal((await db.query("select 1 from workspaces where org_id = $1", [org["id"]])).rows.length, 0);
});

void test("the first start says where the owner sets a password, and keeps the link", async () => {
  const read = async () =>
    JSON.parse(await readFile(`${server.dataDir}/credentials.json`, "utf8")) as Record<string, string>;
  const { setup_url: url } = await read();
  assert.match(url ?? "", /^http:\/\/localhost:\d+\/setup#[\w-]+\.[\w-]+$/);
});
