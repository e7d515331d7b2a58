import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../config/index.ts";
import { StartupError } from "../core/index.ts";
import { EmbeddedPostgres, runningUrl } from "../db/index.ts";
import { BackupError } from "./backup-error.ts";

/** Where the database answers for as long as it is needed. */
export interface OpenDatabase {
  readonly url: string;
  close(): Promise<void>;
}

type Place = Pick<Config, "databaseUrl" | "dataDir">;

/** The database of an instance: DATABASE_URL, the embedded one of a running server, or the embedded one, started. */
export async function openExisting(config: Place): Promise<OpenDatabase> {
  if (config.databaseUrl === null && !existsSync(join(config.dataDir, "postgres"))) {
    throw new BackupError(
      "no_instance",
      `There is no instance in ${config.dataDir}; give the settings of the server (MILLRACE_DATA_DIR, DATABASE_URL).`,
    );
  }
  try {
    return await openOwn(config);
  } catch (error) {
    if (!(error instanceof StartupError && error.code === "data_dir_in_use")) throw error;
    const url = runningUrl(config.dataDir);
    if (url !== null) return { url, close: async () => {} };
    throw new BackupError("busy", "The server's database is starting or stopping; try again in a moment.", {
      cause: error,
    });
  }
}

/** The database of a data directory that nobody else uses, or DATABASE_URL. @throws StartupError */
export async function openOwn({ databaseUrl, dataDir }: Place): Promise<OpenDatabase> {
  if (databaseUrl !== null) return { url: databaseUrl, close: async () => {} };
  const embedded = await EmbeddedPostgres.start({ dataDir });
  return { url: embedded.url, close: () => embedded.stop() };
}
