/** The PostgreSQL that comes with Millrace: its files, its process and its supervision. */
export { EmbeddedPostgres, type EmbeddedPostgresOptions } from "./embedded-postgres.ts";
