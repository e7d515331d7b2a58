import type { ComponentDefinition } from "@millrace/runner";
import { sql, type RawBuilder } from "kysely";

/** Components are written in JavaScript; steps of workflows also in others. */
export type ComponentLanguage = "nodejs" | "python" | "bash";

/** A saved component with its code and definition. */
export interface ComponentRecord {
  readonly orgId: string;
  readonly componentId: string;
  readonly name: string;
  readonly code: string;
  readonly codeHash: string;
  /** The `component_url` it came from; null for code given as text. */
  readonly origin: string | null;
  readonly definition: ComponentDefinition;
  readonly lang: ComponentLanguage;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** Names one component. */
export type ComponentId = Pick<ComponentRecord, "orgId" | "componentId">;

/** A row as selected by `COMPONENT_COLUMNS`. */
export interface ComponentRow {
  org_id: string;
  component_id: string;
  name: string;
  code: string;
  code_hash: string;
  origin: string | null;
  definition: string;
  lang: ComponentLanguage;
  created_at_ms: number;
  updated_at_ms: number;
}

/** Everything but the bundle and the lock, which may be large and are read when code is loaded. */
export const COMPONENT_COLUMNS: RawBuilder<unknown> = sql`components.org_id, components.component_id, components.name,
  components.code, components.code_hash, components.origin, components.definition, components.lang,
  components.created_at_ms, components.updated_at_ms`;

export function recordOf(row: ComponentRow): ComponentRecord {
  const definition = JSON.parse(row.definition) as ComponentDefinition;
  return {
    orgId: row.org_id,
    componentId: row.component_id,
    name: row.name,
    code: row.code,
    codeHash: row.code_hash,
    origin: row.origin,
    definition,
    lang: row.lang,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  };
}
