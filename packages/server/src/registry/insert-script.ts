import { createHash } from "node:crypto";
import type { ComponentDefinition } from "@millrace/runner";
import { sql } from "kysely";
import { newId } from "../core/index.ts";
import type { Database } from "../db/index.ts";
import { COMPONENT_COLUMNS, recordOf, type ComponentRecord, type ComponentRow } from "./component-record.ts";

/** The code of a step that is not JavaScript. */
export interface Script {
  readonly lang: "python" | "bash";
  readonly code: string;
}

/** What there is to know of a script: it runs. */
export const SCRIPT_DEFINITION: ComponentDefinition = {
  kind: "action",
  key: null,
  name: null,
  version: "",
  description: null,
  configurableProps: [],
  dedupe: null,
  hooks: { deploy: false, activate: false, deactivate: false },
  hasRun: true,
  hasAdditionalProps: false,
  sampleEmit: null,
  annotations: null,
  apps: [],
};

/** Saves a script; when the same code was saved before, that one is returned. */
export async function insertScript(db: Database, script: Script & { orgId: string }): Promise<ComponentRecord> {
  const { orgId, lang, code } = script;
  const nowMs = Date.now();
  const codeHash = createHash("sha256").update(code).digest("hex");
  const { rows } = await sql<ComponentRow>`insert into components (org_id, component_id, name, kind, code, code_hash,
      bundle, definition, lang, created_at_ms, updated_at_ms)
    values (${orgId}, ${newId("component")}, 'Untitled', ${SCRIPT_DEFINITION.kind}, ${code}, ${codeHash}, '',
      ${JSON.stringify(SCRIPT_DEFINITION)}, ${lang}, ${nowMs}, ${nowMs})
    on conflict (org_id, code_hash, lang) do update set updated_at_ms = excluded.updated_at_ms
    returning ${COMPONENT_COLUMNS}`.execute(db.kysely);
  const [row] = rows;
  if (!row) throw new Error("A script was written but not returned");
  return recordOf(row);
}
