import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { KeyRetirement, Vault } from "../src/accounts/index.ts";
import { startTestServer, type TestServer } from "../testing/index.ts";

const DAY_MS = 24 * 3_600_000;

let server: TestServer;
before(async () => {
  server = await startTestServer();
});
after(() => server.close());

async function made(path: string, body: object): Promise<string> {
  const reply = await server.call("POST", path, body);
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  return (reply.body as { data: { id: string } }).data.id;
}

async function keyIds(): Promise<string[]> {
  const keys = server.db.kysely.selectFrom("vault_keys").select("vault_key_id").where("org_id", "=", server.orgId);
  return (await keys.execute()).map(({ vault_key_id }) => vault_key_id);
}

test("a retired key stays while a source or a version of a workflow needs it, and a day longer", async () => {
  const retirement = new KeyRetirement({
    db: server.db,
    vault: new Vault({ db: server.db, secretKey: randomBytes(32) }),
  });
  const props = `props: { token: { type: "string", secret: true } }`;
  const sourceId = await made("/sources", {
    component_code: `export default { name: "S", version: "0.0.1", ${props}, methods: {}, run() { this.$emit({ ok: this.token === "hush" }); } };`,
    configured_props: { token: "hush" },
  });
  const code = `export default { ${props}, async run() { return this.token.length; } }`;
  const workflowId = await made("/workflows", {
    project_id: server.projectId,
    steps: [{ namespace: "secret", code, props: { token: "hush" } }],
    triggers: [{ type: "http" }],
  });
  await made("/accounts", { app: "slack_bot", credentials: { bot_token: "x" } });
  const [former = ""] = await keyIds();
  assert.equal((await server.call("POST", `/workspaces/${server.orgId}/rotate_vault_key`)).status, 200);
  assert.equal((await keyIds()).length, 2);
  assert.equal(await retirement.prune(Date.now() + 2 * DAY_MS), 0, "source and workflow");
  assert.equal((await server.call("DELETE", `/sources/${sourceId}`)).status, 204);
  assert.equal(await retirement.prune(Date.now() + 2 * DAY_MS), 0, "workflow");
  assert.equal((await server.call("DELETE", `/workflows/${workflowId}`)).status, 204);
  assert.equal(await retirement.prune(Date.now()), 0, "not yet a day");
  assert.equal(await retirement.prune(Date.now() + 2 * DAY_MS), 1);
  const left = await keyIds();
  assert.ok(left.length === 1 && !left.includes(former));
});
