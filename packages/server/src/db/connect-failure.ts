import { StartupError } from "../core/index.ts";

/** The server's name in a message: never the password. */
function describeServer(url: string): string {
  try {
    const parsed = new URL(url.replace("@/", "@localhost/"));
    return `${parsed.searchParams.get("host") ?? parsed.host}${parsed.pathname}`;
  } catch {
    return "the given address";
  }
}

/** One readable line for a database that can not be used, by what the server or the network said. */
export function explainConnectFailure(error: unknown, url: string): StartupError {
  const reason = error instanceof Error ? error.message || ("code" in error ? String(error.code) : "") : String(error);
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const server = describeServer(url);
  if (code.startsWith("28")) {
    return new StartupError("database_refused_login", `DATABASE_URL: ${server} refused the login: ${reason}`, {
      cause: error,
    });
  }
  if (code === "3D000") {
    return new StartupError("database_missing", `DATABASE_URL: ${server}: ${reason}; create it first`, {
      cause: error,
    });
  }
  return new StartupError("database_unreachable", `DATABASE_URL: no PostgreSQL answers at ${server}: ${reason}`, {
    cause: error,
  });
}
