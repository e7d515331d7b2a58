/** Imports of many components at once, from npm packages and uploads, which go on after an interruption. */
export type { ImportItem, ImportRecord, ImportScope, ItemOutcome } from "./import-record.ts";
export { RegistryImports, type RegistryImportsOptions, type UploadedFile } from "./registry-imports.ts";
