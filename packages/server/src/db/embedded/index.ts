/** The PostgreSQL that comes with Millrace: its files, its process and its supervision. */
export { DataDirLock } from "./data-dir-lock.ts";
export { EmbeddedPostgres, type EmbeddedPostgresOptions } from "./embedded-postgres.ts";
export { runningUrl } from "./running-url.ts";
