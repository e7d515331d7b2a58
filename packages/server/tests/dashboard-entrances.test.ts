import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { startTestServer, TestIdentityProvider, type TestServer } from "../testing/index.ts";
import { accessibilityProblems, browserObstacle, openBrowser, openPage } from "../testing/chromium.ts";
import { freePort, OAuthServer } from "../testing/services/index.ts";
import { oauthDefinition, saveApp } from "../testing/test-oauth.ts";

const skip = browserObstacle();
const EMAIL = "ada@example.com";
const PASSWORD = "correct horse battery";

let server: TestServer;
let identities: TestIdentityProvider;
let browser: Browser;

before(async () => {
  if (skip !== false) return;
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  identities = await TestIdentityProvider.start(`${url}/v1/auth/oidc/callback`);
  server = await startTestServer({
    egressAllow: ["127.0.0.0/8"],
    env: {
      MILLRACE_PORT: String(port),
      MILLRACE_PUBLIC_URL: url,
      MILLRACE_OIDC_ISSUER: identities.issuer,
      MILLRACE_OIDC_CLIENT_ID: identities.clientId,
      MILLRACE_OIDC_CLIENT_SECRET: identities.clientSecret,
    },
  });
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await server?.close();
  await identities?.[Symbol.asyncDispose]();
});

/** A browser of somebody new. */
async function newPage(): Promise<Page> {
  const { page } = await openPage(browser);
  page.setDefaultTimeout(30_000);
  return page;
}

async function data<T>(method: string, path: string, body?: unknown): Promise<T> {
  const reply = await server.call(method, path, body);
  assert.ok(reply.status < 300, JSON.stringify(reply.body));
  return (reply.body as { data: T }).data;
}

/** Logs in at a provider of tests, and allows what is asked for. */
async function passProvider(page: Page, login: string): Promise<void> {
  await page.getByPlaceholder("Enter any login").fill(login);
  await page.getByPlaceholder("and password").fill("any");
  await page.getByRole("button", { name: "Sign-in" }).click();
  await page.getByRole("button", { name: "Continue" }).click();
}

test("links that are over say so, and what to do", { skip }, async () => {
  const page = await newPage();
  await page.goto(`${server.url}/invite#token=${"x".repeat(40)}`);
  await page.getByRole("heading", { name: "This invitation no longer works" }).waitFor();
  await page.getByText("ask whoever invited you").waitFor();
  assert.deepEqual(await accessibilityProblems(page), []);
  await page.goto(`${server.url}/reset-password`);
  await page.getByRole("heading", { name: "This link no longer works" }).waitFor();
  await page.goto("about:blank");
  await page.goto(`${server.url}/reset-password#stale-token`);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Set password" }).click();
  await page.getByRole("heading", { name: "This link no longer works" }).waitFor();
  await page.getByText("MILLRACE_RESET_PASSWORD_OF").waitFor();
  assert.deepEqual(await accessibilityProblems(page), []);
  await page.getByRole("link", { name: "Log in" }).click();
  await page.getByRole("heading", { name: "Log in" }).waitFor();
});

test("somebody who is invited logs in over the provider and is in the workspace", { skip }, async () => {
  const { setup_url: setupUrl } = JSON.parse(readFileSync(join(server.dataDir, "credentials.json"), "utf8")) as {
    setup_url: string;
  };
  const owner = await newPage();
  await owner.goto(setupUrl);
  await owner.getByLabel("Email").fill(EMAIL);
  await owner.getByLabel("Password").fill(PASSWORD);
  await owner.getByRole("button", { name: "Start" }).click();
  await owner.getByRole("button", { name: "Create the example workflow" }).waitFor();
  const invited = { email: "grace@example.com", role: "member" };
  await data("POST", `/workspaces/${server.orgId}/invitations`, invited);
  identities.people.set("grace", { email: invited.email, email_verified: true });
  const page = await newPage();
  await page.goto(`${server.url}/login`);
  await page.getByRole("link", { name: /^Log in with/ }).click();
  await passProvider(page, "grace");
  await page.waitForURL((url) => url.origin === server.url && url.pathname === "/");
  await page.getByRole("button", { name: "Create the example workflow" }).waitFor();
  const members = await data<{ email: string }[]>("GET", `/workspaces/${server.orgId}/members`);
  assert.ok(members.some(({ email }) => email === invited.email));
});

test("who may not come in over the provider reads why, and gets back to the login", { skip }, async () => {
  identities.people.set("stranger", { email: "stranger@example.com", email_verified: true });
  const page = await newPage();
  await page.goto(`${server.url}/login`);
  await page.getByRole("link", { name: /^Log in with/ }).click();
  await passProvider(page, "stranger");
  await page.getByText("Signing up needs an invitation.").waitFor();
  assert.deepEqual(await accessibilityProblems(page), []);
  await page.getByRole("link", { name: "Back to the login" }).click();
  await page.getByRole("heading", { name: "Log in" }).waitFor();
});

test("an account is connected over the provider's pages in a real browser", { skip }, async () => {
  await using provider = await OAuthServer.start({ redirectUris: [`${server.url}/v1/oauth/callback`] });
  await saveApp(server.db, oauthDefinition(provider.url));
  const { clientId: client_id, clientSecret: client_secret } = provider;
  await data("POST", "/oauth_apps", { app: "test_oauth", client_id, client_secret });
  const { connect_url: link } = await data<{ connect_url: string }>("POST", "/accounts/connect", { app: "test_oauth" });
  const page = await newPage();
  await page.goto(link);
  assert.deepEqual(await accessibilityProblems(page), []);
  await page.getByRole("button", { name: "Continue to Test OAuth" }).click();
  await passProvider(page, "ada");
  await page.getByText("Test OAuth (ada@example.com) is connected.").waitFor();
  assert.deepEqual(await accessibilityProblems(page), []);
  const [account] = await data<{ healthy: boolean; name: string }[]>("GET", "/accounts?app=test_oauth");
  assert.deepEqual([account?.healthy, account?.name], [true, "ada@example.com"]);
  await page.reload();
  await page.getByRole("heading", { name: "This step is over" }).waitFor();
  await page.goto(link);
  await page.getByRole("heading", { name: "Already connected" }).waitFor();
  await page.getByText("With this link an account was connected already.").waitFor();
});
