import { homedir } from "node:os";
import { join } from "node:path";
import { readNpmSettings, type NpmSettings } from "@millrace/runner";

/** What the command line takes from its environment. */
export interface CliEnvironment {
  /** Keeps dependency sets from one run to the next. */
  readonly cacheDir: string;
  readonly npm: NpmSettings;
  /** Of the server to talk to; null: not set. */
  readonly apiUrl: string | null;
  readonly apiKey: string | null;
  /** Where the servers are written down that one logged in to. */
  readonly profilesPath: string;
  /** Of a server on this machine, relative to where it is started. */
  readonly dataDir: string;
}

export function readEnvironment(): CliEnvironment {
  const cacheHome = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  const configHome = process.env["XDG_CONFIG_HOME"] || join(homedir(), ".config");
  return {
    profilesPath: join(configHome, "millrace", "config"),
    cacheDir: join(cacheHome, "millrace"),
    npm: readNpmSettings(process.env),
    apiUrl: process.env["MILLRACE_API_URL"] || null,
    apiKey: process.env["MILLRACE_API_KEY"] || null,
    dataDir: process.env["MILLRACE_DATA_DIR"] || ".millrace",
  };
}
