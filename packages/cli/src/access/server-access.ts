import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { MillraceClient } from "@millrace/client";
import type { CliEnvironment } from "../environment.ts";
import { UsageError } from "../run/index.ts";
import { readProfile } from "./profiles.ts";

/** What the command line says about the server. */
export interface AccessOptions {
  readonly url?: string | undefined;
  readonly profile?: string | undefined;
}

/** The arguments of every command that talks to a server. */
export const serverArgs = {
  profile: { type: "string", alias: "p", description: "A server that you logged in to under this name" },
  url: { type: "string", description: "Address of the server; default: MILLRACE_API_URL" },
  json: { type: "boolean", description: "JSON for programs", default: false },
} as const;

/**
 * The server to talk to: `MILLRACE_API_KEY`, else where one logged in, else what a server on this machine wrote at its
 * first start. `--url` wins over their addresses.
 * @throws UsageError when none is there
 */
export async function clientOf(options: AccessOptions, environment: CliEnvironment): Promise<MillraceClient> {
  const { url, profile: name } = options;
  const { apiUrl, apiKey, dataDir, profilesPath } = environment;
  if (apiKey !== null && name === undefined)
    return new MillraceClient({ url: baseOf(url ?? apiUrl ?? "http://localhost:3000"), token: apiKey });
  const profile = await readProfile(profilesPath, name ?? null);
  if (profile) return new MillraceClient({ url: baseOf(url ?? apiUrl ?? profile.url), token: profile.apiKey });
  if (name !== undefined) throw new UsageError(`There is no profile ${name}: log in with millrace login -p ${name}`);
  const path = join(dataDir, "credentials.json");
  try {
    const written: unknown = JSON.parse(await readFile(path, "utf8"));
    const { api_url: writtenUrl, api_key: token } = written as Record<string, unknown>;
    return new MillraceClient({ url: baseOf(url ?? apiUrl ?? String(writtenUrl)), token: String(token) });
  } catch (cause) {
    const message = `No server is known: run millrace login, set MILLRACE_API_KEY, or run this where ${path} is`;
    throw new UsageError(message, { cause });
  }
}

/** Addresses of the API are written with and without its version. */
export function baseOf(url: string): string {
  return url.replace(/\/+$/, "").replace(/\/v1$/, "");
}
