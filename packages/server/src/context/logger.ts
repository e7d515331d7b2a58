import { destination, pino, type DestinationStream, type Logger } from "pino";
import type { LogLevel } from "../config/index.ts";
import { readableLine } from "./readable-line.ts";

/** Names under which secrets could travel in a log object. */
const SECRET_FIELDS = [
  "authorization",
  "credentials",
  "api_key",
  "client_secret",
  "signing_key",
  "secretKey",
  "password",
];

/** The node's log on stdout, secrets blanked by name: JSON lines, or readable ones at a terminal. */
export function createLogger(options: { level: LogLevel }): Logger {
  const paths = SECRET_FIELDS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths, censor: "[secret]" },
    },
    process.stdout.isTTY ? { write: (line) => void process.stdout.write(readableLine(line)) } : jsonLines(),
  );
}

function jsonLines(): DestinationStream {
  return destination({ dest: 1, sync: true });
}
