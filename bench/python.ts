import { execFile } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { RunnerHost, type Deployment, type StepInvocation } from "@millrace/runner";
import { measureCalls } from "./runner.ts";
import { median, timed } from "./timing.ts";

/** What a step in one language costs, below database and HTTP. */
export interface LanguageMeasurement {
  readonly language: string;
  /** Median time of one step, one at a time. */
  readonly microsPerStep: number;
  /** Steps a second with 16 at a time. */
  readonly stepsPerSecond: number;
  /** From a new workflow to the end of its first step: its sandbox and the interpreter have to start. */
  readonly firstStepMs: number;
  /** How many times a new `python3` for each step would take. */
  readonly ratioToNewInterpreter: number;
  /** How many times a bare call into a sandbox it takes. */
  readonly ratioToBareCall: number;
}

const CONCURRENCY = 16;
const STEPS = JSON.stringify({ trigger: { event: { n: 1, name: "x".repeat(150) } } });
const NODE_CODE = `export default { async run({ steps }) { return { n: steps.trigger.event.n + 1 }; } };`;
const CODES = {
  nodejs: { count: 5_000, code: "" },
  python: { count: 5_000, code: 'def handler(pd):\n    return {"n": pd.steps["trigger"]["event"]["n"] + 1}' },
  bash: { count: 200, code: 'echo "n:json=$(($(jq .trigger.event.n $PIPEDREAM_STEPS) + 1))" >> $PIPEDREAM_EXPORTS' },
};
const FRESH_STARTS = 20;
/** Where sandboxes look for it as well. */
const SEARCH_PATH = "/usr/local/bin:/usr/bin:/bin";

let runs = 0;
const step = (lang: StepInvocation["lang"]): StepInvocation => ({
  ...{
    kind: "step",
    id: `run_${runs++}`,
    module: "code",
    lang,
    code: CODES[lang].code,
    steps: STEPS,
    isCodeStep: true,
  },
  ...{ props: {}, auths: {}, endpoints: {}, db: {}, context: {}, envVars: {}, flowUrls: null, timeoutMs: 30_000 },
});

async function medianOf(count: number, work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let done = 0; done < count; done++) times.push(await timed(work));
  return median(times);
}

async function measureLanguage(
  host: RunnerHost,
  lang: StepInvocation["lang"],
  compared: { freshMs: number; callMs: number },
): Promise<LanguageMeasurement> {
  const modules = { code: { code: NODE_CODE, dependencyDir: null } };
  const workflow: Deployment = {
    ...{ id: `p_${lang}:1`, orgId: "o_bench", bundle: null, modules, memoryMb: 256, env: {}, needsSystem: true },
  };
  const run = async (): Promise<void> => {
    const { error } = await host.invoke(workflow, step(lang));
    if (error !== null) throw new Error(error.message);
  };
  const firstStepMs = await timed(run);
  const { count } = CODES[lang];
  const alone = await medianOf(count, run);
  let left = count;
  const many = async (): Promise<void> => {
    while (left-- > 0) await run();
  };
  const warm = Array.from({ length: CONCURRENCY }, run);
  await Promise.all(warm);
  const elapsedMs = await timed(() => Promise.all(Array.from({ length: CONCURRENCY }, many)));
  return {
    language: lang,
    microsPerStep: Math.round(alone * 1000),
    stepsPerSecond: Math.round((count / elapsedMs) * 1000),
    firstStepMs: Math.round(firstStepMs),
    ratioToNewInterpreter: Math.round((compared.freshMs / alone) * 10) / 10,
    ratioToBareCall: Math.round((alone / compared.callMs) * 10) / 10,
  };
}

/** Measures a small step in each language. Takes about ten seconds. */
export async function measureLanguages(): Promise<LanguageMeasurement[]> {
  const workDir = await mkdtemp(join(tmpdir(), "bench-python-"));
  await chmod(workDir, 0o711);
  const startNew = () => promisify(execFile)("python3", ["-I", "-c", "import json"], { env: { PATH: SEARCH_PATH } });
  const freshMs = await medianOf(FRESH_STARTS, startNew);
  const { callMs } = await measureCalls();
  const host = await RunnerHost.start({ workDir, nodePath: process.execPath, egress: { allow: [] } });
  try {
    const measured: LanguageMeasurement[] = [];
    for (const lang of ["nodejs", "python", "bash"] as const)
      measured.push(await measureLanguage(host, lang, { freshMs, callMs }));
    return measured;
  } finally {
    await host.stop();
    await rm(workDir, { recursive: true, force: true });
  }
}

if (import.meta.main) console.table(await measureLanguages());
