import { homedir } from "node:os";
import { join } from "node:path";
import { readNpmSettings, type NpmSettings } from "@millrace/runner";

/** What the command line takes from its environment. */
export interface CliEnvironment {
  /** Keeps dependency sets from one run to the next. */
  readonly cacheDir: string;
  readonly npm: NpmSettings;
}

export function readEnvironment(): CliEnvironment {
  const cacheHome = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  return { cacheDir: join(cacheHome, "millrace"), npm: readNpmSettings(process.env) };
}
