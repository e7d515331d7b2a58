import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Instance, removeDataDir, type ApiCaller } from "../packages/server/testing/instance/index.ts";

/** A real server with its own durable database, for one benchmark. */
export interface BenchServer extends AsyncDisposable {
  readonly url: string;
  readonly api: ApiCaller;
}

export async function startBenchServer(env: Readonly<Record<string, string>> = {}): Promise<BenchServer> {
  const dataDir = await mkdtemp(join(tmpdir(), "millrace-bench-"));
  const instance = await Instance.start({ dataDir, env: { MILLRACE_LOG_LEVEL: "error", ...env } });
  return {
    url: instance.url,
    api: await instance.caller(),
    async [Symbol.asyncDispose]() {
      await instance.stop();
      await removeDataDir(dataDir);
    },
  };
}

/** A Node step with the body of its `run({ steps, $ })`. */
export function nodeStep(namespace: string, body: string): object {
  return { namespace, code: `export default defineComponent({ async run({ steps, $ }) { ${body} } })` };
}

/** The middle of the times of some rounds. */
export async function medianOf(rounds: number, round: () => Promise<number>): Promise<number> {
  const times: number[] = [];
  for (let index = 0; index < rounds; index++) times.push(await round());
  return times.toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN;
}
