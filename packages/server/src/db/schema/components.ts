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

/** Tables of components. */
export interface ComponentsSchema {
  components: ComponentsTable;
  registry_entries: RegistryEntriesTable;
}
