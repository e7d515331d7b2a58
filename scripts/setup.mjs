// Brings a checkout into a state in which the server can run. Runs on the host's own Node, 20 or newer.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const SERVER_NODE_MAJOR = 24;

export const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Installs the dependencies when they are missing or not those of the lockfile. Offline when nothing has changed. */
export function ensureInstalled() {
  const isFirst = !existsSync(join(root, "node_modules", ".package-lock.json"));
  if (!isFirst && isInstalledAsLocked()) return;
  console.log(isFirst ? "Installing Millrace's dependencies (once)…" : "Updating Millrace's dependencies…");
  const startedMs = Date.now();
  // `ci` would first remove what a running server uses.
  const args = isFirst ? ["ci"] : ["install", "--no-save"];
  const result = runNpm([...args, "--no-audit", "--no-fund", "--loglevel=error"]);
  if (result.status !== 0) {
    console.error(`${result.stdout ?? ""}${result.stderr ?? ""}`.trim());
    console.error(`npm ${args.join(" ")} failed${result.error ? `: ${result.error.message}` : ""}`);
    process.exit(1);
  }
  console.log(`Installed in ${((Date.now() - startedMs) / 1000).toFixed(1)} s.`);
}

/** The Node that the server and its runners need: the one that comes as a dependency, else the host's. */
export function serverNode() {
  const own = join(root, "node_modules", ".bin", "node");
  if (existsSync(own)) return own;
  if (Number(process.versions.node.split(".")[0]) >= SERVER_NODE_MAJOR) return process.execPath;
  console.error(
    `Millrace needs Node ${SERVER_NODE_MAJOR} or newer on ${process.platform}-${process.arch}; this is ${process.version}.`,
  );
  process.exit(1);
}

function runNpm(args) {
  const options = { cwd: root, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 };
  const cli = process.env["npm_execpath"];
  return cli?.endsWith(".js") ? spawnSync(process.execPath, [cli, ...args], options) : spawnSync("npm", args, options);
}

function isInstalledAsLocked() {
  const installed = readLock(join("node_modules", ".package-lock.json"));
  return Object.entries(readLock("package-lock.json")).every(([path, entry]) => {
    if (!path.startsWith("node_modules/") && !path.includes("/node_modules/")) return true;
    const found = installed[path];
    if (found) return found.link === true || found.version === entry.version;
    return entry.optional === true && !isForThisPlatform(entry);
  });
}

function readLock(path) {
  return JSON.parse(readFileSync(join(root, path), "utf8")).packages ?? {};
}

function isForThisPlatform(entry) {
  const fits = (allowed, ours) => !allowed || allowed.includes(ours);
  return (
    Boolean(entry.os ?? entry.cpu) && fits(entry.os, process.platform) && fits(entry.cpu, process.arch) && !entry.libc
  );
}
