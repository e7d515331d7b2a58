import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { MillraceClient } from "@millrace/client";
import type { CliEnvironment } from "../environment.ts";
import { UsageError } from "../run/index.ts";

/** What the command line says about the server. */
export interface AccessOptions {
  readonly url?: string | undefined;
}

/**
 * The server to talk to: `--url` and `MILLRACE_API_KEY`, or what a server on this machine wrote at its first start.
 * @throws UsageError when neither is there
 */
export async function clientOf({ url }: AccessOptions, environment: CliEnvironment): Promise<MillraceClient> {
  const { apiUrl, apiKey, dataDir } = environment;
  if (apiKey !== null)
    return new MillraceClient({ url: baseOf(url ?? apiUrl ?? "http://localhost:3000"), token: apiKey });
  const path = join(dataDir, "credentials.json");
  try {
    const written: unknown = JSON.parse(await readFile(path, "utf8"));
    const { api_url: writtenUrl, api_key: token } = written as Record<string, unknown>;
    return new MillraceClient({ url: baseOf(url ?? apiUrl ?? String(writtenUrl)), token: String(token) });
  } catch (cause) {
    const message = `Set MILLRACE_API_KEY (and MILLRACE_API_URL), or run this where ${path} is: no server is known`;
    throw new UsageError(message, { cause });
  }
}

/** Addresses of the API are written with and without its version. */
function baseOf(url: string): string {
  return url.replace(/\/+$/, "").replace(/\/v1$/, "");
}
