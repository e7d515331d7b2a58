import type pg from "pg";
import { StartupError } from "../core/index.ts";

const OLDEST_SERVER_VERSION = 150_000;

/** Asked before anything is written. @throws StartupError `database_too_old` for a server before PostgreSQL 15 */
export async function assertServerVersion(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ version: number; name: string }>(
    "select current_setting('server_version_num')::int as version, current_setting('server_version') as name",
  );
  if ((rows[0]?.version ?? 0) >= OLDEST_SERVER_VERSION) return;
  const found = rows[0]?.name ?? "unknown";
  throw new StartupError("database_too_old", `DATABASE_URL: needs PostgreSQL 15 or newer; this one is ${found}`);
}
