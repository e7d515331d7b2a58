import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { PageBrowser, startTestServer, type TestServer } from "../testing/index.ts";
import { freePort, OAuthServer } from "../testing/services/index.ts";
import { loginAtProvider, oauthDefinition } from "../testing/test-oauth.ts";
import { TestSource } from "../testing/test-source.ts";

let server: TestServer;
let provider: OAuthServer;
let folder: string;

/** The app and its client come from the operator's files alone. */
before(async () => {
  const port = await freePort();
  provider = await OAuthServer.start({ redirectUris: [`http://127.0.0.1:${port}/v1/oauth/callback`] });
  folder = await mkdtemp(join(tmpdir(), "millrace-files-"));
  const catalogueDir = await mkdtemp(join(folder, "catalogue-"));
  await writeFile(join(catalogueDir, "test_oauth.json"), JSON.stringify(oauthDefinition(provider.url)));
  await writeFile(join(catalogueDir, "github.json"), JSON.stringify({ name: "Git of the house" }));
  const { clientId, clientSecret } = provider;
  const clients = [
    { app: "test_oauth", client_id: clientId, client_secret: clientSecret },
    { app: "test_oauth", client_id: "incomplete" },
  ];
  const clientsFile = join(folder, "clients.json");
  await writeFile(clientsFile, JSON.stringify(clients));
  server = await startTestServer({
    egressAllow: ["127.0.0.0/8"],
    env: {
      MILLRACE_PORT: String(port),
      MILLRACE_PUBLIC_URL: `http://127.0.0.1:${port}`,
      MILLRACE_CATALOGUE_DIR: catalogueDir,
      MILLRACE_OAUTH_CLIENTS: clientsFile,
    },
  });
});
after(async () => {
  await server.close();
  await provider[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

interface Emitted {
  token: string;
  uid: string;
  keys: string[];
  me: { sub: string };
}

async function data<T>(method: string, path: string, body?: unknown): Promise<T> {
  const reply = await server.call(method, path, body);
  assert.ok(reply.status < 300, JSON.stringify(reply.body));
  return (reply.body as { data: T }).data;
}

async function connected(): Promise<string> {
  const body = { app: "test_oauth" };
  const { connect_url: link } = await data<{ connect_url: string }>("POST", "/accounts/connect", body);
  const browser = new PageBrowser();
  const page = await loginAtProvider(browser, await browser.submit(await browser.open(link)));
  return /apn_\w+/.exec(page.text)?.[0] ?? assert.fail(page.text);
}

const CODE = `{
  name: "Who am I", version: "0.0.1",
  props: { app: { type: "app", app: "test_oauth" }, timer: { type: "$.interface.timer", default: { intervalSeconds: 86400 } } },
  async run() {
    const { oauth_access_token: token, oauth_uid: uid } = this.app.$auth;
    const reply = await fetch("PROVIDER/me", { headers: { authorization: "Bearer " + token } });
    this.$emit({ token, uid, keys: Object.keys(this.app.$auth), me: await reply.json() });
  },
}`;

test("the operator's files add and change apps, and offer their clients to all workspaces", async () => {
  assert.equal((await data<{ name: string }>("GET", "/apps/github")).name, "Git of the house");
  const clients = await data<{ id: string; client_id: string }[]>("GET", "/oauth_apps");
  assert.ok(!JSON.stringify(clients).includes(provider.clientSecret));
});

test("a component in the sandbox uses an OAuth account, whose token is fresh whenever it runs", async () => {
  const accountId = await connected();
  const code = CODE.replace("PROVIDER", provider.url);
  const source = await TestSource.deploy(server, { code, props: { app: { authProvisionId: accountId } } });
  const run = async (count: number): Promise<Emitted> => {
    await data("POST", `/sources/${source.id}/run`, {});
    return (await source.waitForEvents(count)).at(-1) as Emitted;
  };
  const first = await run(1);
  assert.deepEqual([first.uid, first.me.sub], ["ada", "ada"]);
  assert.ok(!first.keys.includes("client_secret"));
  assert.equal((await run(2)).token, first.token, "a good token is kept");
  await server.db.kysely
    .updateTable("accounts")
    .set({ credentials_expire_at_ms: Date.now() - 1 })
    .where("account_id", "=", accountId)
    .execute();
  const renewed = await run(3);
  assert.notEqual(renewed.token, first.token);
  assert.equal(renewed.me.sub, "ada", "the provider takes the new token");
  assert.equal(provider.grants("refresh_token"), 1);
  assert.equal((await run(4)).token, renewed.token);
});
