import { StartupError } from "../core/index.ts";

const OLDEST_MAJOR = 24;

/** The Node that runs this server also runs user code. @throws StartupError when it is too old */
export function nodeBinary(): string {
  const major = Number(process.versions.node.split(".")[0]);
  if (major >= OLDEST_MAJOR) return process.execPath;
  throw new StartupError(
    "config_invalid",
    `Millrace needs Node ${OLDEST_MAJOR} or newer, this is ${process.versions.node}; start it by "npm start", which brings its own`,
  );
}
