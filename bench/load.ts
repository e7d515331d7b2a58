import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { promisify } from "node:util";

/** The request that is sent again and again. */
export interface LoadRequest {
  readonly url: string;
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Load {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly accepted: number;
  readonly refused: number;
}

const run = promisify(execFile);
const AUTOCANNON = createRequire(import.meta.url).resolve("autocannon");

/** Sends a request as fast as it is answered, from a process of its own. */
export async function load(request: LoadRequest, how: { seconds: number; connections: number }): Promise<Load> {
  const { url, method = "GET", headers = {}, body } = request;
  const flags = ["-j", "-m", method, "-d", String(how.seconds), "-c", String(how.connections)];
  const heads = Object.entries(headers).flatMap(([name, value]) => ["-H", `${name}=${value}`]);
  const args = [AUTOCANNON, ...flags, ...heads, ...(body === undefined ? [] : ["-b", body]), url];
  const { stdout } = await run(process.execPath, args, { maxBuffer: 1e8 });
  const result = JSON.parse(stdout) as {
    requests: { average: number };
    latency: { p50: number; p99: number };
    "2xx": number;
    non2xx: number;
  };
  return {
    perSecond: result.requests.average,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    accepted: result["2xx"],
    refused: result.non2xx,
  };
}
