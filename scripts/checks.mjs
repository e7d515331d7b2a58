// `npm run checks`: everything that is checked without running the product, one after the other, with a summary.
import { spawnSync } from "node:child_process";
import { delimiter, dirname, join } from "node:path";
import { ensureInstalled, root, serverNode } from "./setup.mjs";

const CHECKS = [
  { name: "types", command: ["tsc", "-p", "tsconfig.json"] },
  { name: "types of the dashboard", command: ["tsc", "-p", "packages/web/tsconfig.json"] },
  { name: "lint", command: ["oxlint", "--type-aware", "--deny-warnings"] },
  { name: "format", command: ["prettier", "--check", "--log-level", "warn", "."] },
  { name: "dead code", command: ["knip"] },
  { name: "duplication", command: ["jscpd"] },
];

function run({ name, command: [program, ...args] }) {
  const startedMs = Date.now();
  const bin = join(root, "node_modules", ".bin");
  const env = { ...process.env, PATH: [dirname(serverNode()), bin, process.env["PATH"]].join(delimiter) };
  const result = spawnSync(join(bin, program), args, { cwd: root, env, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  const isGood = result.status === 0;
  if (!isGood) console.log(`${result.stdout ?? ""}${result.stderr ?? ""}${result.error?.message ?? ""}`.trim());
  console.log(`${isGood ? "ok    " : "FAILED"} ${name} (${((Date.now() - startedMs) / 1000).toFixed(1)} s)`);
  return isGood;
}

ensureInstalled();
const failed = CHECKS.filter((check) => !run(check)).map((check) => check.name);
console.log(failed.length === 0 ? "All checks passed." : `Checks failed: ${failed.join(", ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;
