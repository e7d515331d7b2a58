import { once } from "node:events";
import { readNpmSettings } from "@millrace/runner";
import { buildConfig, environment, readEnv } from "./config/index.ts";
import { credentialsPath, startServer } from "./context/index.ts";
import { StartupError } from "./core/index.ts";

const STOP_WITHIN_MS = 9_500;

try {
  const env = environment();
  const config = buildConfig(readEnv(env));
  const stopAsked = Promise.race([once(process, "SIGTERM"), once(process, "SIGINT")]);
  const server = await startServer(config, { npmSettings: readNpmSettings(env) });
  console.log(
    `Millrace is ready: ${server.url}  (guide ${server.url}/docs, API key in ${credentialsPath(config.dataDir)})`,
  );
  for (const notice of server.notices) console.log(notice);
  await stopAsked;
  // What hangs must not keep the process: everything acknowledged is on disk.
  setTimeout(() => process.exit(0), STOP_WITHIN_MS).unref();
  await server.stop();
  process.exit(0);
} catch (error) {
  if (!(error instanceof StartupError)) throw error;
  console.error(`Millrace could not start. ${error.message}`);
  process.exit(error.exitCode);
}
