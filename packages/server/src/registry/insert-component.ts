import { sql } from "kysely";
import type { Database } from "../db/index.ts";
import type { BuiltDefinition } from "./component-builder.ts";
import { componentsChanged } from "./components-hint.ts";
import { COMPONENT_COLUMNS, recordOf, type ComponentRecord, type ComponentRow } from "./component-record.ts";

/** A component to be saved. */
export interface NewComponent extends BuiltDefinition {
  readonly orgId: string;
  readonly componentId: string;
  readonly code: string;
  readonly codeHash: string;
  readonly origin: string | null;
  readonly nowMs: number;
}

/** Saves a component; when the same code was saved meanwhile, that one is returned. */
export async function insertComponent(db: Database, component: NewComponent): Promise<ComponentRecord> {
  const { orgId, componentId, code, codeHash, origin, bundle, dependencies, definition, nowMs } = component;
  const name = definition.name ?? definition.key ?? "Untitled";
  const { rows } = await sql<ComponentRow>`insert into components (org_id, component_id, key, version, name, kind, code,
      code_hash, origin, bundle, depset_hash, depset_lock, definition, created_at_ms, updated_at_ms)
    values (${orgId}, ${componentId}, ${definition.key}, ${definition.version}, ${name}, ${definition.kind}, ${code},
      ${codeHash}, ${origin}, ${bundle}, ${dependencies.hash}, ${dependencies.lock}, ${JSON.stringify(definition)},
      ${nowMs}, ${nowMs})
    on conflict (org_id, code_hash, lang) do update set updated_at_ms = excluded.updated_at_ms, key = excluded.key
    returning ${COMPONENT_COLUMNS}`.execute(db.kysely);
  if (definition.key !== null) {
    const { topic, payload } = componentsChanged(orgId);
    await db.notify(topic, payload);
  }
  return recordOf(firstOf(rows));
}

function firstOf<Row>(rows: readonly Row[]): Row {
  const [row] = rows;
  if (row === undefined) throw new Error("A component was written but not returned");
  return row;
}
