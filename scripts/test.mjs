// `npm test [-- part-of-a-path …]`: sets the checkout up and runs the tests against one shared PostgreSQL, the embedded
// one or, with --postgres, the one of MILLRACE_TEST_DATABASE_URL or of the operating system.
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { ensureDashboard } from "./dashboard.mjs";
import { ensureInstalled, root, serverNode } from "./setup.mjs";
import { findTestFiles } from "./test-files.mjs";
import { startEmbedded, startInstalled } from "./test-postgres.mjs";

const LONGEST_FILE_MS = 20 * 60_000;

async function startDatabase(node, usesExternal) {
  const given = process.env["MILLRACE_TEST_DATABASE_URL"];
  if (usesExternal && given) return { url: given, stop: async () => {} };
  return usesExternal ? startInstalled() : startEmbedded(node);
}

async function runTests(node, { files, database, usesExternal }) {
  const args = [
    "--test",
    `--test-concurrency=${availableParallelism()}`,
    `--test-timeout=${LONGEST_FILE_MS}`,
    `--test-reporter=${join(root, "scripts/test-reporter.mjs")}`,
    "--test-reporter-destination=stdout",
    ...files,
  ];
  const env = {
    ...process.env,
    MILLRACE_TEST_DATABASE_URL: database.url,
    ...(usesExternal && { MILLRACE_TEST_EXTERNAL: "1" }),
  };
  const child = spawn(node, args, { cwd: root, env, stdio: ["ignore", "inherit", "inherit"] });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => child.once("exit", (code, signal) => resolve({ code, signal })));
}

async function main() {
  const selections = process.argv.slice(2).filter((argument) => argument !== "--postgres");
  const usesExternal = process.argv.includes("--postgres");
  ensureInstalled();
  ensureDashboard();
  const node = serverNode();
  const files = findTestFiles(selections);
  if (files.length === 0) throw new Error(`No test file's path contains ${selections.join(" or ")}`);
  const database = await startDatabase(node, usesExternal);
  try {
    const { code, signal } = await runTests(node, { files, database, usesExternal });
    if (signal !== null) console.log(`\nThe run was ended by ${signal}\n0 passed, 1 failed`);
    process.exitCode = code ?? 1;
  } finally {
    await database.stop();
  }
}

main().catch((error) => {
  console.error(error instanceof Error ? error.message : error);
  console.log("0 passed, 1 failed");
  process.exitCode = 1;
});
