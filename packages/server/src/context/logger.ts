import { destination, pino, type Logger } from "pino";
import type { LogLevel } from "../config/index.ts";

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

/** The node's log: JSON lines on stdout, secrets blanked by name. */
export function createLogger(options: { level: LogLevel }): Logger {
  const paths = SECRET_FIELDS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths, censor: "[secret]" },
    },
    destination({ dest: 1, sync: true }),
  );
}
