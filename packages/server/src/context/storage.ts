import type { Logger } from "pino";
import type { Config } from "../config/index.ts";
import { Database, EmbeddedPostgres, ensurePartitions, migrate } from "../db/index.ts";

/** The database of this node, ready to be used, and the server behind it when it is ours. */
export interface Storage {
  readonly db: Database;
  stop(): Promise<void>;
}

/**
 * Starts the embedded PostgreSQL, or goes to `DATABASE_URL`; brings the schema up to date.
 * @throws StartupError that names what is wrong
 */
export async function openStorage(config: Config, log: Logger): Promise<Storage> {
  const embedded = config.databaseUrl === null ? await startEmbedded(config, log) : null;
  try {
    const db = await connect(config, { url: embedded?.url ?? config.databaseUrl ?? "", log });
    return {
      db,
      async stop() {
        await db.close();
        await embedded?.stop();
      },
    };
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}

function startEmbedded(config: Config, log: Logger): Promise<EmbeddedPostgres> {
  return EmbeddedPostgres.start({
    dataDir: config.dataDir,
    onEvent: ({ type, error }) => log.warn({ err: error }, `embedded PostgreSQL ${type}`),
  });
}

async function connect(config: Config, { url, log }: { url: string; log: Logger }): Promise<Database> {
  await migrate(url);
  const db = await Database.connect({
    url,
    poolSize: config.databasePoolSize,
    queryTimeoutMs: config.databaseQueryTimeoutMs,
    onError: (error) => log.warn({ err: error }, "a database connection broke"),
  });
  try {
    await ensurePartitions(db, Date.now());
    return db;
  } catch (error) {
    await db.close();
    throw error;
  }
}
