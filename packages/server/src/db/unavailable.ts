import { ApiError } from "../core/index.ts";

const UNAVAILABLE_SQLSTATES = new Set([
  "57P01",
  "57P02",
  "57P03",
  "57P05",
  "53000",
  "53100",
  "53200",
  "53300",
  "25006",
]);
const UNAVAILABLE_ERRNOS = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOENT",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EAI_AGAIN",
  "ENOTFOUND",
]);
// `pg` gives these no code.
const UNAVAILABLE_MESSAGE =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|timeout exceeded when trying|timeout expired|Query read timeout|Cannot use a pool after|Cannot query)/i;
// After these the connection still works: only the statement failed.
const CONNECTION_SURVIVES = /^(53100|53200|25006)$/;

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

/** Whether an error of the driver says that the database is away, stuck or full, rather than that a statement is wrong. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof ApiError) return error.code === "unavailable";
  if (!(error instanceof Error)) return false;
  const code = codeOf(error);
  if (UNAVAILABLE_SQLSTATES.has(code) || code.startsWith("08") || UNAVAILABLE_ERRNOS.has(code)) return true;
  return code === "" && UNAVAILABLE_MESSAGE.test(error.message);
}

/** Whether the server had no room left to write. */
export function isDiskFull(error: unknown): boolean {
  return codeOf(error instanceof ApiError ? error.cause : error) === "53100";
}

/** Whether a connection is worthless after this error and must not go back into a pool. */
export function breaksConnection(error: unknown): boolean {
  return isUnavailable(error) && !CONNECTION_SURVIVES.test(codeOf(error));
}

/** The one place that turns a database that is away into `unavailable` (503); other errors come back as they are. */
export function mapDatabaseError(error: unknown): unknown {
  if (error instanceof ApiError || !isUnavailable(error)) return error;
  return new ApiError("unavailable", "The database is not available at the moment", {
    cause: error,
    retryAfterSeconds: 2,
  });
}
