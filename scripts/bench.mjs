// `npm run bench [-- name …]`: the benchmarks one after the other, so that none disturbs another; `-- runner deploy` runs two.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ensureInstalled, root, serverNode } from "./setup.mjs";

const BENCHES = {
  pipeline: "bench/pipeline/index.ts",
  runner: "bench/runner.ts",
  "http-source": "bench/http-source.ts",
  deploy: "bench/deploy.ts",
  "http-workflow": "bench/http-workflow.ts",
  steps: "bench/steps.ts",
  python: "bench/python.ts",
  sleepers: "bench/sleepers.ts",
  api: "bench/api.ts",
  search: "bench/search/search.ts",
};

function run(name) {
  console.log(`\n== ${name}`);
  const result = spawnSync(serverNode(), [join(root, BENCHES[name])], { cwd: root, stdio: "inherit" });
  return result.status === 0;
}

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(BENCHES, name));
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(", ")}; there are ${Object.keys(BENCHES).join(", ")}`);
  process.exitCode = 2;
} else {
  ensureInstalled();
  const failed = (asked.length > 0 ? asked : Object.keys(BENCHES)).filter((name) => !run(name));
  if (failed.length > 0) console.error(`Failed: ${failed.join(", ")}`);
  process.exitCode = failed.length > 0 ? 1 : 0;
}
