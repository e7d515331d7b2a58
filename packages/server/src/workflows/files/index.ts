/** File stores: files of projects that outlive runs, written and read by steps and through the API. */
export { FileCalls } from "./file-calls.ts";
export { FileStoreError } from "./file-error.ts";
export { STORED_FILES_PATH } from "./file-links.ts";
export type { EntryRow, FileScope, StoredFileRow } from "./file-rows.ts";
export { FileStores } from "./file-stores.ts";
