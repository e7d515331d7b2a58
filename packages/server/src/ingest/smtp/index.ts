/** Mail to workflows: every message becomes an event, written down before its sender is told that it was taken. */
export { SmtpIngest, type SmtpIngestOptions } from "./smtp-ingest.ts";
