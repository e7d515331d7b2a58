import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Instance, removeDataDir, type ApiCaller } from "../packages/server/testing/instance/index.ts";
import { fdatasyncPerSecond } from "./pipeline/machine-limits.ts";
import { measureRunner } from "./runner.ts";

/**
 * How long `POST /sources` takes with a `deploy` hook that runs: the first time (fetch, install, inspect, start) and
 * again, with the component saved and its packages in the store.
 */

const WARM_ROUNDS = 9;
const PAUSE_MS = 700;

const TRIVIAL = `export default { name: "Trivial", hooks: { deploy() { this.$emit("deployed"); } }, run() {} };`;
const AXIOS = `import axios from "axios";
export default { name: "Axios", hooks: { deploy() { this.$emit({ version: axios.VERSION }); } }, run() {} };`;
const NAMES_APP = `export default { name: "Names", props: { p: { type: "app", app: "pipedream" } }, run() {} };`;
const NPM_URL = "npm:@pipedream/pipedream@0.4.2/sources/new-scheduled-tasks/new-scheduled-tasks.mjs";

async function deploy(
  api: ApiCaller,
  component: Record<string, unknown>,
): Promise<{ tookMs: number; componentId: string }> {
  const startedMs = performance.now();
  const reply = await api.call("POST", "/sources", component);
  if (reply.status !== 200) throw new Error(`deploying answered ${reply.status}: ${JSON.stringify(reply.body)}`);
  const { data } = reply.body as { data: { component_id: string } };
  return { tookMs: performance.now() - startedMs, componentId: data.component_id };
}

async function measure(api: ApiCaller, name: string, component: Record<string, unknown>): Promise<void> {
  const cold = await deploy(api, component);
  const { component_code: _code, component_url: _url, ...rest } = component;
  const times: number[] = [];
  for (let round = 0; round < WARM_ROUNDS; round++) {
    // Long enough for the pool of blank sandboxes to fill up again.
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    times.push((await deploy(api, { ...rest, component_id: cold.componentId })).tookMs);
  }
  const sorted = times.toSorted((left, right) => left - right);
  const [median, worst] = [sorted[WARM_ROUNDS >> 1] ?? 0, sorted.at(-1) ?? 0];
  console.log(
    `${name}: cold ${cold.tookMs.toFixed(0)} ms, warm ${median.toFixed(0)} ms (slowest ${worst.toFixed(0)} ms)`,
  );
}

async function connectPipedream(api: ApiCaller): Promise<string> {
  await api.call("POST", "/components", { component_code: NAMES_APP });
  const reply = await api.call("POST", "/accounts", { app: "pipedream", credentials: { api_key: "bench" } });
  return (reply.body as { data: { id: string } }).data.id;
}

async function main(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), "millrace-bench-"));
  const instance = await Instance.start({ dataDir, env: { MILLRACE_LOG_LEVEL: "error" } });
  try {
    const api = await instance.caller();
    await deploy(api, { component_code: TRIVIAL.replace("Trivial", "Warm-up") });
    await measure(api, "trivial component", { component_code: TRIVIAL });
    await measure(api, "component with axios", { component_code: AXIOS });
    const accountId = await connectPipedream(api);
    await measure(api, `component of an npm package (${NPM_URL})`, {
      component_url: NPM_URL,
      configured_props: { pipedream: { authProvisionId: accountId } },
    });
  } finally {
    await instance.stop();
    await removeDataDir(dataDir);
  }
  const raw = await measureRunner();
  console.log(
    `limits of this machine: a new deployment on a blank sandbox ${raw.warmDeployMs.toFixed(0)} ms in tier ${raw.tier}, ` +
      `fdatasync ${fdatasyncPerSecond(tmpdir()).toFixed(0)}/s`,
  );
}

await main();
