import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { startTestServer } from "../testing/index.ts";
import { accessibilityProblems, browserObstacle, openBrowser, openPage } from "../testing/chromium.ts";

const CODE = `export default { name: "Counter", version: "0.0.1",
  props: { db: "$.service.db", timer: "$.interface.timer" },
  run() { this.db.set("count", { seen: 41 }); } }`;

test("what a source keeps is shown by key, and a key can be deleted", { skip: browserObstacle() }, async () => {
  const server = await startTestServer();
  const browser = await openBrowser();
  try {
    const { page, faults } = await openPage(browser);
    page.setDefaultTimeout(30_000);
    const content = JSON.parse(readFileSync(join(server.dataDir, "credentials.json"), "utf8")) as { setup_url: string };
    await page.goto(`${server.url}/setup${new URL(content.setup_url).hash}`);
    await page.getByLabel("Email").fill("ada@example.com");
    await page.getByLabel("Password").fill("correct horse battery");
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByRole("button", { name: "Create the example workflow" }).waitFor();
    const timer = { intervalSeconds: 86_400 };
    const body = { component_code: CODE, configured_props: { timer }, name: "Counter" };
    const created = await server.call("POST", "/sources", body);
    const { id } = (created.body as { data: { id: string } }).data;
    await server.call("POST", `/sources/${id}/run`, {});
    await page.goto(`${server.url}/sources/${id}`);
    await page.getByRole("tab", { name: "Database" }).click();
    await page.getByRole("cell", { name: "count", exact: true }).waitFor();
    await page.getByText("41").waitFor();
    assert.deepEqual(await accessibilityProblems(page), []);
    await page.getByRole("button", { name: "Delete count" }).click();
    await page.getByText("It keeps nothing yet").waitFor();
    assert.deepEqual(faults, []);
  } finally {
    await browser.close();
    await server.close();
  }
});
