import type { Generated } from "kysely";

export interface StoredFilesTable {
  org_id: string;
  project_id: Generated<string>;
  path: string;
  object_key: string;
  content_type: string | null;
  size_bytes: number;
  created_at_ms: number;
  updated_at_ms: number;
}

/** Tables of file stores. */
export interface FilesSchema {
  stored_files: StoredFilesTable;
}
