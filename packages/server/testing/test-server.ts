import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readNpmSettings } from "@millrace/runner";
import { buildConfig, readEnv, type Config } from "../src/config/index.ts";
import type { ServerOverrides } from "../src/context/index.ts";
import type { Database } from "../src/db/index.ts";
import { ApiCaller, type ApiReply } from "./instance/index.ts";
import { testDatabase } from "./test-database.ts";

export interface TestServerOptions {
  /** CIDRs that user code may reach besides public addresses. */
  egressAllow?: readonly string[];
  sourceTimeoutMs?: number;
  /** More settings, by the names of their variables. */
  env?: Readonly<Record<string, string>>;
  /** What is not a setting, such as the retries of webhooks. */
  overrides?: Partial<ServerOverrides>;
}

/** A whole server in this process, with a database and a data directory of its own, and the first user's access. */
export interface TestServer extends AsyncDisposable {
  url: string;
  apiKey: string;
  orgId: string;
  userId: string;
  projectId: string;
  dataDir: string;
  db: Database;
  /** Sends a request as the first user; `path` is below `/v1`. */
  call(method: string, path: string, body?: unknown): Promise<ApiReply>;
  close(): Promise<void>;
}

interface Credentials {
  api_key: string;
  user_id: string;
  org_id: string;
  project_id: string;
}

function configOf(options: TestServerOptions, places: { databaseUrl: string; dataDir: string }): Config {
  return buildConfig(
    readEnv({
      MILLRACE_PORT: "0",
      MILLRACE_SMTP_PORT: "0",
      MILLRACE_LOG_LEVEL: process.env["MILLRACE_TEST_LOG_LEVEL"] ?? "silent",
      DATABASE_URL: places.databaseUrl,
      MILLRACE_DATA_DIR: places.dataDir,
      MILLRACE_DATABASE_POOL_SIZE: "4",
      MILLRACE_EGRESS_ALLOW: options.egressAllow?.join(","),
      MILLRACE_SOURCE_TIMEOUT_MS: options.sourceTimeoutMs?.toString(),
      ...options.env,
    }),
  );
}

/** Starts a server on a free port. Close it at the end of the test. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  await using cleanup = new AsyncDisposableStack();
  const dataDir = mkdtempSync(join(tmpdir(), "millrace-server-"));
  cleanup.defer(() => rmSync(dataDir, { recursive: true, force: true, maxRetries: 3 }));
  chmodSync(dataDir, 0o711);
  const database = cleanup.use(await testDatabase());
  // Loaded late: tests of smaller parts need not load the whole server.
  const { startServer } = await import("../src/context/index.ts");
  const config = configOf(options, { databaseUrl: database.url, dataDir });
  const server = await startServer(config, {
    npmSettings: readNpmSettings(process.env),
    strictReplies: true,
    ...options.overrides,
  });
  cleanup.defer(() => server.stop());
  const credentials = JSON.parse(readFileSync(join(dataDir, "credentials.json"), "utf8")) as Credentials;
  const url = server.url.replace("//localhost:", "//127.0.0.1:");
  const caller = new ApiCaller({ url, apiKey: credentials.api_key });
  const owned = cleanup.move();
  return {
    url,
    apiKey: credentials.api_key,
    orgId: credentials.org_id,
    userId: credentials.user_id,
    projectId: credentials.project_id,
    dataDir,
    db: database.db,
    call: (method, path, body) => caller.call(method, path, body),
    close: () => owned.disposeAsync(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
