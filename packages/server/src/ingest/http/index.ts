/** HTTP endpoints: every request to one becomes an event, written down before it is answered. */
export { HttpIngest, type HttpIngestOptions } from "./http-ingest.ts";
export { CallbackIngest, type CallbackIngestOptions } from "./callback-ingest.ts";
export { UploadedFiles, type UploadedFilesOptions } from "./uploaded-files.ts";
