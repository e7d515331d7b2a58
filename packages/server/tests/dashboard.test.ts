import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { startTestServer, type TestServer } from "../testing/index.ts";
import { accessibilityProblems, browserObstacle, openBrowser, openPage } from "../testing/chromium.ts";

const skip = browserObstacle();
const EMAIL = "ada@example.com";
const PASSWORD = "correct horse battery";

let server: TestServer;
let browser: Browser;
let page: Page;
let faults: string[];

before(async () => {
  if (skip !== false) return;
  server = await startTestServer();
  browser = await openBrowser();
  ({ page, faults } = await openPage(browser));
  page.setDefaultTimeout(20_000);
});

after(async () => {
  await browser?.close();
  await server?.close();
});

function setupUrl(): string {
  const content = JSON.parse(readFileSync(join(server.dataDir, "credentials.json"), "utf8")) as { setup_url: string };
  const { hash } = new URL(content.setup_url);
  return `${server.url}/setup${hash}`;
}

async function open(path: string, heading: string | RegExp): Promise<void> {
  await page.goto(`${server.url}${path}`);
  await page.getByRole("heading", { level: 1, name: heading }).waitFor();
}

test("the owner of a new instance sets a password and sees an event live within two clicks", { skip }, async () => {
  await page.goto(setupUrl());
  await page.getByLabel("Email").fill(EMAIL);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Start" }).click();
  await page.getByRole("button", { name: "Create the example workflow" }).click();
  await page.getByRole("button", { name: "Send test event" }).click();
  await page.getByText("greeted:").waitFor();
  await page.getByText("success", { exact: true }).waitFor();
});

test("a workflow with a branch and a Python step is built, deployed and run", { skip }, async () => {
  await open("/workflows/new", "New workflow");
  await page.getByLabel("Name of the workflow").fill("Branching");
  await page.getByRole("button", { name: "Add a trigger" }).click();
  await page.getByRole("menuitem", { name: "HTTP request" }).click();
  await page.getByRole("button", { name: "Add a step" }).click();
  await page.getByRole("button", { name: "If / else" }).click();
  await page.getByRole("combobox", { name: "Condition" }).fill("{{ steps.trigger.event.body.amount > 100 }}");
  await page.getByRole("button", { name: "Add a step" }).first().click();
  await page.getByRole("button", { name: "Python code" }).click();
  await page.getByRole("button", { name: "Deploy", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: /Branching/ }).waitFor();
  const reply = await server.call("GET", "/workflows");
  const found = (reply.body as { data: { id: string; name: string }[] }).data.find(({ name }) => name === "Branching");
  assert.ok(found, "the workflow is deployed");
  await page.getByRole("button", { name: "Send test event" }).click();
  const editor = page.getByRole("textbox", { name: "Event as JSON" });
  await editor.fill('{ "body": { "amount": 250 } }');
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: /Run/ }).waitFor();
  await page.getByText("success", { exact: true }).first().waitFor();
  await page.getByRole("button", { name: /^python/ }).waitFor();
});

test("a failed run is found by its text, looked at and replayed from the failed step", { skip }, async () => {
  const code = "export default defineComponent({ async run() { throw new Error('the moon is full'); } })";
  const created = await server.call("POST", "/workflows", {
    settings: { name: "Failing" },
    triggers: [{ type: "http" }],
    steps: [{ namespace: "bay", code }],
  });
  const { id } = (created.body as { data: { id: string } }).data;
  await server.call("POST", `/workflows/${id}/runs`, { event: {} });
  await open("/runs", "Runs");
  await page.getByLabel("Text in errors and results").fill("moon is full");
  await page.locator("tbody tr").filter({ hasText: "the moon is full" }).getByRole("link").first().click();
  await page.getByRole("tab", { name: "Error" }).waitFor();
  const before = page.url();
  await page.getByRole("button", { name: "Replay from bay" }).click();
  await page.waitForURL((url) => url.href !== before);
  await page.getByText("the moon is full").first().waitFor();
});

test("events of a source appear while one looks", { skip }, async () => {
  const code = `export default { name: "Tick", version: "0.0.1", props: { timer: "$.interface.timer" }, run() {
    this.$emit({ at: 1 }, { summary: "tock" }); } }`;
  const timer = { intervalSeconds: 86_400 };
  const created = await server.call("POST", "/sources", {
    component_code: code,
    configured_props: { timer },
    name: "Tick",
  });
  const { id } = (created.body as { data: { id: string } }).data;
  await open(`/sources/${id}`, /Tick/);
  await page.getByText("live").waitFor();
  await page.getByRole("button", { name: "Run now" }).click();
  await page.getByRole("button", { name: /tock/ }).waitFor();
});

const PAGES: readonly (readonly [path: string, heading: string | RegExp])[] = [
  ["/", "Home"],
  ["/workflows", "Workflows"],
  ["/workflows/new", "New workflow"],
  ["/runs", "Runs"],
  ["/sources", "Sources"],
  ["/sources/new", "Deploy a source"],
  ["/webhooks", "Webhooks"],
  ["/accounts", "Accounts"],
  ["/apps", "Apps"],
  ["/workspace", /workspace/i],
  ["/workspace?tab=api-keys", /workspace/i],
  ["/workspace?tab=audit", /workspace/i],
  ["/workspace?tab=usage", /workspace/i],
  ["/workspace?tab=system", /workspace/i],
];

test("a draft of a workflow is there after a reload, and a damaged one does no harm", { skip }, async () => {
  await open("/workflows/new", "New workflow");
  const name = page.getByLabel("Name of the workflow");
  await name.fill("Half done");
  await page.reload();
  await name.waitFor();
  assert.equal(await name.inputValue(), "Half done");
  const kept = await page.evaluate(() => {
    const keys = Object.keys(sessionStorage).filter((key) => key.startsWith("millrace-draft-workflow-new-o_"));
    for (const key of keys) sessionStorage.setItem(key, "{");
    return keys.length;
  });
  assert.equal(kept, 1);
  await page.reload();
  await name.waitFor();
  assert.equal(await name.inputValue(), "New workflow");
});

for (const scheme of ["light", "dark"] as const) {
  test(`no page has a problem that axe-core knows, in ${scheme} colours`, { skip }, async () => {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    for (const [path, heading] of PAGES) {
      await open(path, heading);
      await page.locator(".animate-spin").first().waitFor({ state: "detached" });
      const problems = await accessibilityProblems(page);
      assert.deepEqual(problems, [], `${path} in ${scheme}`);
    }
  });
}

test("everything can be reached with the keyboard alone", { skip }, async () => {
  await open("/", "Home");
  await page.keyboard.press("Control+k");
  await page.keyboard.type("branching");
  await page.getByRole("option", { name: /Branching/ }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: /Branching/ }).waitFor();
  await page.getByRole("tab", { name: "Runs" }).focus();
  await page.keyboard.press("ArrowRight");
  await page.getByLabel("Name of the workflow").waitFor();
});

test("no script failed and nothing was refused by the content security policy", { skip }, () => {
  assert.deepEqual(faults.slice(0, 5), []);
});
