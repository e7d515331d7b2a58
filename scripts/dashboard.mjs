// Builds the dashboard when its sources are not those that it was last built from.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, serverNode } from "./setup.mjs";

const web = join(root, "packages", "web");
const stamp = join(web, "dist", ".built-from");
const SOURCES = ["packages/web/src", "packages/web/public", "packages/client/src", "packages/contract/src"];
const FILES = ["package-lock.json", "packages/web/index.html", "packages/web/vite.config.mjs"];

/** Takes a few seconds once; nothing when the built one is current. */
export function ensureDashboard() {
  const sources = hashOfSources();
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === sources) return;
  console.log("Building the dashboard…");
  const vite = join(root, "node_modules", "vite", "bin", "vite.js");
  const result = spawnSync(serverNode(), [vite, "build", "--logLevel", "warn"], { cwd: web, encoding: "utf8" });
  if (result.status !== 0) {
    console.error(`${result.stdout ?? ""}${result.stderr ?? ""}`.trim());
    console.error("The dashboard could not be built; the server runs without it.");
    return;
  }
  writeFileSync(stamp, sources);
}

function hashOfSources() {
  const hash = createHash("sha256");
  const inFolders = SOURCES.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted(),
  );
  for (const path of [...inFolders, ...FILES.map((file) => join(root, file))]) {
    hash.update(path.slice(root.length)).update("\0").update(readFileSync(path)).update("\0");
  }
  return hash.digest("hex");
}
