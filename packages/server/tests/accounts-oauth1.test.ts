import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { AppDefinition } from "@millrace/contract";
import { PageBrowser, startTestServer, type TestServer } from "../testing/index.ts";
import { OAuth1Server } from "../testing/services/index.ts";
import { saveApp } from "../testing/test-oauth.ts";
import { TestSource } from "../testing/test-source.ts";

let server: TestServer;
let provider: OAuth1Server;
before(async () => {
  server = await startTestServer({ egressAllow: ["127.0.0.0/8", "::1/128"] });
  provider = await OAuth1Server.start();
  await saveApp(server.db, definitionOf(provider.url));
  const { key, secret } = provider.consumer;
  const reply = await server.call("POST", "/oauth_apps", { app: "test_oauth1", client_id: key, client_secret: secret });
  assert.equal(reply.status, 201, JSON.stringify(reply.body));
});
after(async () => {
  await provider[Symbol.asyncDispose]();
  await server.close();
});

function definitionOf(url: string): AppDefinition {
  return {
    id: "app_TestOAuth1",
    slug: "test_oauth1",
    name: "Test OAuth 1",
    description: "",
    categories: [],
    auth: {
      type: "oauth1",
      requestUrl: `${url}/request_token`,
      authorizeUrl: `${url}/authorize`,
      accessUrl: `${url}/access_token`,
      uid: "user_id",
    },
    test: { url: `${url}/me?verify=yes%20please`, nameFrom: "user.name" },
  };
}

async function data<T>(method: string, path: string, body?: unknown): Promise<T> {
  const reply = await server.call(method, path, body);
  assert.ok(reply.status < 300, JSON.stringify(reply.body));
  return (reply.body as { data: T }).data;
}

/** Follows links of the server to where this process reaches it. */
async function linkFor(): Promise<string> {
  const { connect_url: link } = await data<{ connect_url: string }>("POST", "/accounts/connect", {
    app: "test_oauth1",
  });
  return link;
}

async function connected(): Promise<string> {
  const browser = new PageBrowser();
  const page = await browser.submit(await browser.open(await linkFor()));
  return /apn_\w+/.exec(page.text)?.[0] ?? assert.fail(page.text);
}

interface Account {
  id: string;
  name: string;
  healthy: boolean;
  credentials: Record<string, string>;
}

test("an account of OAuth 1.0a is connected, and its test request is signed", async () => {
  const account = await data<Account>("GET", `/accounts/${await connected()}?include_credentials=true`);
  assert.deepEqual([account.name, account.healthy, account.credentials["oauth_uid"]], ["Grace", true, "42"]);
  assert.equal(account.credentials["oauth_client_id"], provider.consumer.key);
});

test("who declines at a provider of OAuth 1.0a is told so", async () => {
  const browser = new PageBrowser();
  const away = await browser.submit(await browser.open(await linkFor()), {}, { stopAt: "/authorize" });
  const page = await browser.open(`${away.url}&decline=1`);
  assert.match(page.text, /Code: <code>denied/);
});

test("a component's requests are signed by the address in $auth, in the way that its platform library asks", async () => {
  const accountId = await connected();
  const code = `{
    props: { app: { type: "app", app: "test_oauth1" } },
    async run() {
      const { oauth_signer_uri: uri, oauth_access_token: key, oauth_refresh_token: secret } = this.app.$auth;
      const url = "${provider.url}/api?q=a%20b&x=%27!%27";
      const requestData = { method: "post", url, data: { status: "Hello, World!", empty: "", n: 5 } };
      const signed = await fetch(uri, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ requestData, token: { key, secret } }),
      });
      const authorization = await signed.json();
      const reply = await fetch(url, { method: "POST", headers: { authorization }, body: new URLSearchParams({ status: "Hello, World!", empty: "", n: "5" }) });
      this.$emit({ status: reply.status, body: await reply.text() });
    },
  }`;
  const source = await TestSource.deploy(server, { code, props: { app: { authProvisionId: accountId } } });
  await data("POST", `/sources/${source.id}/run`, {});
  const [event] = await source.waitForEvents(1);
  assert.equal((event as { status: number }).status, 200, JSON.stringify(event));
});

test("an address that signs is bound to its account, and of no use once that is gone", async () => {
  const accountId = await connected();
  const { credentials } = await data<Account>("GET", `/accounts/${accountId}?include_credentials=true`);
  const uri = credentials["oauth_signer_uri"] ?? assert.fail();
  const sign = (address: string) =>
    fetch(address, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ requestData: { url: `${provider.url}/me` }, token: { key: "other", secret: "other" } }),
    });
  const header = (await (await sign(uri)).json()) as string;
  assert.equal((await fetch(`${provider.url}/me`, { headers: { authorization: header } })).status, 200);
  assert.equal((await sign(`${uri.slice(0, -2)}AA`)).status, 401);
  await server.call("DELETE", `/accounts/${accountId}`);
  assert.equal((await sign(uri)).status, 401);
});
