import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Page, Response as PageResponse } from "playwright-core";
import { browserObstacle, openBrowser, openPage } from "../testing/chromium.ts";
import { startTestApi, startTestServer, type TestApi } from "../testing/index.ts";

const skip = browserObstacle();

const DOCS = new URL("../../../docs/", import.meta.url);

let api: TestApi;
before(async () => {
  api = await startTestApi({ routes: "all" });
});
after(() => api[Symbol.asyncDispose]());

async function read(path: string): Promise<{ status: number; text: string; reply: Response }> {
  const reply = await fetch(api.url + path, { headers: { accept: "text/html" } });
  return { status: reply.status, text: await reply.text(), reply };
}

test("every page of the guide is served, and every link in it leads somewhere", async () => {
  const files = (await readdir(DOCS)).filter((name) => name.endsWith(".md") && name !== "README.md");
  const paths = new Set(["/docs", "/docs/settings", ...files.map((name) => `/docs/${name.replace(/\.md$/, "")}`)]);
  const ids = new Map<string, Set<string>>();
  const links: { from: string; to: string }[] = [];
  for (const path of paths) {
    const { status, text } = await read(path);
    assert.equal(status, 200, path);
    ids.set(path, new Set([...text.matchAll(/ id="([^"]+)"/g)].map((match) => match[1] ?? "")));
    for (const [, to = ""] of text.matchAll(/href="([^"]+)"/g)) links.push({ from: path, to });
  }
  const lost = links.filter(({ from, to }) => {
    if (/^https?:/.test(to) || ["/", "/favicon.svg", "/docs/reference", "/docs/css/guide.css"].includes(to))
      return false;
    const [page = "", anchor] = to.startsWith("#") ? [from, to.slice(1)] : to.split("#");
    return ids.get(page) === undefined || (anchor !== undefined && ids.get(page)?.has(anchor) !== true);
  });
  assert.deepEqual(lost, []);
});

test("pages of the guide run no scripts and cannot be framed", async () => {
  const { reply, text } = await read("/docs/workflows");
  assert.doesNotMatch(text, /<script/);
  const policy = reply.headers.get("content-security-policy") ?? "";
  assert.match(policy, /^default-src 'none'; style-src 'self';/);
  assert.match(policy, /frame-ancestors 'none'/);
  const style = await fetch(`${api.url}/docs/css/guide.css`);
  assert.equal(style.headers.get("content-type"), "text/css; charset=utf-8");
});

test("a search finds sections by their words and shows what was asked as text", async () => {
  const found = await read("/docs/search?q=suspend%20resume");
  assert.match(found.text, /href="\/docs\/workflows#/);
  const nothing = await read(`/docs/search?q=${encodeURIComponent('"><img src=x onerror=alert(1)>')}`);
  assert.match(nothing.text, /No page has all of these words/);
  assert.doesNotMatch(nothing.text, /<img/);
  assert.equal((await read("/docs/search?q=a&q=b")).status, 200);
});

test("a page that the guide lacks is 404 and names the way back", async () => {
  for (const name of ["nothing", "..%2Fpackage", "README.md"]) {
    const { status, text } = await read(`/docs/${name}`);
    assert.equal(status, 404, name);
    assert.match(text, /There is no such page/);
  }
});

test("who is logged in tries requests of the reference as themselves", { skip }, async () => {
  await using server = await startTestServer();
  const browser = await openBrowser();
  try {
    const { page } = await openPage(browser);
    page.setDefaultTimeout(60_000);
    const content = JSON.parse(readFileSync(join(server.dataDir, "credentials.json"), "utf8")) as { setup_url: string };
    await page.goto(`${server.url}/setup${new URL(content.setup_url).hash}`);
    await page.getByLabel("Email").fill("ada@example.com");
    await page.getByLabel("Password").fill("correct horse battery");
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByRole("button", { name: "Create the example workflow" }).waitFor();
    const me = await tryOperation(page, { url: server.url, tag: "users", operation: "GET/users/me" });
    assert.equal(me.status(), 200);
    assert.match(await me.text(), /ada@example\.com/);
    // The example's empty name is refused, and not the session: what changes something is let through too.
    const project = await tryOperation(page, { url: server.url, tag: "projects", operation: "POST/projects" });
    assert.equal(project.status(), 400);
    assert.match(await project.text(), /"path":"name"/);
  } finally {
    await browser.close();
  }
});

async function tryOperation(
  page: Page,
  options: { url: string; tag: string; operation: string },
): Promise<PageResponse> {
  const { url, tag, operation } = options;
  const [method = "", ...path] = operation.split("/");
  await page.goto("about:blank");
  await page.goto(`${url}/docs/reference#tag/${tag}/${operation}`);
  const section = page.locator(`[id$="${operation}"]`).first();
  await section.getByRole("button", { name: /Test Request/ }).click();
  const answered = page.waitForResponse(
    (response) => response.request().method() === method && response.url().endsWith(`/v1/${path.join("/")}`),
  );
  await page.getByRole("button", { name: /^Send/ }).first().click();
  return answered;
}
