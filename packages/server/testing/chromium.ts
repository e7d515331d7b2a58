import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import axe from "axe-core";
import { chromium, type Browser, type Page } from "playwright-core";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const DASHBOARD = fileURLToPath(new URL("../../web/dist/index.html", import.meta.url));

/** What stands in the way of tests in a browser; false when nothing does. */
export function browserObstacle(): string | false {
  if (!existsSync(DASHBOARD)) return "the dashboard is not built: run npm test, or npm start once";
  if (PLACES.some((place) => existsSync(place))) return false;
  const problem = "chromium not found: install the Debian package chromium";
  if (process.env["MILLRACE_TEST_REQUIRE_SERVICES"] === "1") throw new Error(problem);
  return problem;
}

/** A browser whose pages belong to one test. Close it at its end. */
export async function openBrowser(): Promise<Browser> {
  const executablePath = PLACES.find((place) => existsSync(place));
  if (executablePath === undefined) throw new Error("There is no chromium");
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}

/** A page that remembers what went wrong in it: errors of scripts, refused resources, failed requests. */
export async function openPage(browser: Browser): Promise<{ page: Page; faults: string[] }> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });
  page.on("response", (response) => {
    if (response.status() >= 500) faults.push(`${response.status()} ${response.url()}`);
  });
  return { page, faults };
}

/** What axe-core finds wrong with a page, one line each. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  // Evaluated by the browser's tools, which the page's content security policy does not bind.
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const { axe: checker } = globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } };
    return (await checker.run()).violations;
    interface Violation {
      id: string;
      nodes: { html: string; failureSummary?: string }[];
    }
  });
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)}`));
}
