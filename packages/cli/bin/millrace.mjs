#!/usr/bin/env node
// Starts the command line under the Node that Millrace brings along: the host's may be too old to run TypeScript.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const OLDEST_MAJOR = 24;
const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");
const [, , command, ...rest] = process.argv;
const isServer = command === "start" && !rest.some((argument) => ["--help", "-h"].includes(argument));
const isMaintenance = command === "backup" || command === "restore";
const ofServer = isServer ? "packages/server/src/main.ts" : isMaintenance ? "packages/server/src/maintenance.ts" : null;
const entry = join(root, ofServer ?? "packages/cli/src/main.ts");
const args = isServer ? rest : process.argv.slice(2);

if (Number(process.versions.node.split(".")[0]) >= OLDEST_MAJOR) {
  process.argv.splice(1, process.argv.length - 1, entry, ...args);
  await import(pathToFileURL(entry).href);
} else {
  const node = join(root, "node_modules/.bin/node");
  if (!existsSync(node)) {
    console.error(`Millrace needs Node ${OLDEST_MAJOR} or newer, or its dependencies: run "npm ci" in ${root}`);
    process.exit(2);
  }
  const child = spawn(node, [entry, ...args], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    // A terminal's Ctrl-C has reached the child already.
    process.on(signal, () => (signal === "SIGINT" && process.stdin.isTTY ? undefined : child.kill(signal)));
  }
  child.once("error", (error) => {
    console.error(`${node} could not be started: ${error.message}`);
    process.exitCode = 2;
  });
  child.once("exit", (code, signal) => {
    if (signal === null) process.exitCode = code ?? 1;
    else {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    }
  });
}
