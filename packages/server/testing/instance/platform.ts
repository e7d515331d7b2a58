import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Database } from "../../src/db/index.ts";
import { testDatabase } from "../test-database.ts";
import type { ApiCaller } from "./api-caller.ts";
import { type Credentials, Instance, removeDataDir } from "./instance.ts";

/** What a test hands to `MILLRACE_EGRESS_ALLOW` when components and webhooks are to reach its own services. */
export const LOOPBACK_ALLOWED = { MILLRACE_EGRESS_ALLOW: "127.0.0.0/8,::1/128" };

/** A server process of a test's own on a database that the test can look into. */
export interface Platform extends AsyncDisposable {
  readonly instance: Instance;
  readonly api: ApiCaller;
  readonly db: Database;
  readonly credentials: Credentials;
}

/** Starts a server with its own data directory and a fresh database. Dispose of it at the end. */
export async function startPlatform(env: Readonly<Record<string, string>> = LOOPBACK_ALLOWED): Promise<Platform> {
  const database = await testDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), "millrace-platform-"));
  const dispose = async (instance?: Instance): Promise<void> => {
    await instance?.stop();
    await removeDataDir(dataDir);
    await database[Symbol.asyncDispose]();
  };
  try {
    const instance = await Instance.start({ dataDir, env: { DATABASE_URL: database.url, ...env } });
    const [api, credentials] = [await instance.caller(), await instance.credentials()];
    return { instance, api, db: database.db, credentials, [Symbol.asyncDispose]: () => dispose(instance) };
  } catch (error) {
    await dispose();
    throw error;
  }
}
