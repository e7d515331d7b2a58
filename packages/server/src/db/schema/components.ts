import type { Generated } from "kysely";

export interface ComponentsTable {
  org_id: string;
  component_id: string;
  key: string | null;
  version: Generated<string>;
  name: string;
  kind: "source" | "action" | "app";
  code: string;
  code_hash: string;
  origin: string | null;
  bundle: string;
  depset_hash: string | null;
  depset_lock: string | null;
  definition: string;
  created_at_ms: number;
  updated_at_ms: number;
  lang: Generated<"nodejs" | "python" | "bash">;
}

export interface RegistryEntriesTable {
  key: string;
  org_id: string;
  component_id: string;
  published_at_ms: number;
}

export interface RegistryVersionsTable {
  key: string;
  version: string;
  org_id: string;
  component_id: string;
  published_at_ms: number;
}

export interface DependencyLocksTable {
  depset_hash: string;
  lock: string;
}

export interface RegistryImportsTable {
  org_id: string;
  import_id: string;
  source: string;
  resolved: string | null;
  scope: "workspace" | "instance";
  state: "receiving" | "queued" | "running" | "done" | "failed";
  node_id: string | null;
  epoch: number | null;
  total: number | null;
  error: string | null;
  created_at_ms: number;
  updated_at_ms: number;
  ended_at_ms: number | null;
}

export interface RegistryImportItemsTable {
  org_id: string;
  import_id: string;
  path: string;
  outcome: "loaded" | "unchanged" | "skipped" | "failed";
  component_id: string | null;
  key: string | null;
  version: string | null;
  reason: string | null;
}

export interface RegistryImportFilesTable {
  org_id: string;
  import_id: string;
  path: string;
  content: string;
}

export interface ComponentSearchTable {
  org_id: string;
  component_id: string;
  key: string;
  kind: string;
  apps: string[];
  name: string;
  description: string;
  model: string | null;
  vector: Buffer | null;
}

/** Tables of components. */
export interface ComponentsSchema {
  components: ComponentsTable;
  registry_entries: RegistryEntriesTable;
  registry_versions: RegistryVersionsTable;
  dependency_locks: DependencyLocksTable;
  registry_imports: RegistryImportsTable;
  registry_import_items: RegistryImportItemsTable;
  registry_import_files: RegistryImportFilesTable;
  component_search: ComponentSearchTable;
}
