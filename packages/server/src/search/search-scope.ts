import type { ComponentDefinition } from "@millrace/runner";
import { sql, type RawBuilder } from "kysely";
import type { Database } from "../db/index.ts";
import { plainDescription, type ComponentText } from "./component-text.ts";

/** One workspace's own components, or (null) the registry's. */
export type SearchScope = string | null;

/** A component that can be found. */
export interface SearchRow extends ComponentText {
  readonly componentId: string;
  readonly kind: "source" | "action";
  /** Packed; null: not embedded by this model yet. */
  readonly vector: Buffer | null;
}

const TEXTS_AT_ONCE = 200;

/** `(key, org_id, component_id)` of what a scope holds: of each key the one that the key means. */
function membersOf(scope: SearchScope): RawBuilder<unknown> {
  if (scope === null) {
    return sql`select registry_entries.key, org_id, component_id from registry_entries
      join components using (org_id, component_id) where kind in ('source', 'action')`;
  }
  return sql`select * from (select distinct on (key) key, org_id, component_id, kind from components
      where org_id = ${scope} and key is not null order by key, updated_at_ms desc) newest
    where kind in ('source', 'action') and not exists (select from registry_entries
      where registry_entries.org_id = newest.org_id and registry_entries.component_id = newest.component_id)`;
}

/** Whether the instance has at least so many components. */
export async function hasComponents(db: Database, count: number): Promise<boolean> {
  const { rows } = await db.query("select from components offset $1 limit 1", [count - 1]);
  return rows.length > 0;
}

/** Ids of all that a scope holds. */
export async function memberIds(db: Database, scope: SearchScope): Promise<string[]> {
  const { rows } = await sql<{ component_id: string }>`select component_id
    from (${membersOf(scope)}) members`.execute(db.kysely);
  return rows.map((row) => row.component_id);
}

/** Writes down the texts of components that have none yet. */
export async function writeTexts(db: Database, scope: SearchScope): Promise<void> {
  for (;;) {
    const { rows } = await sql<{ org_id: string; component_id: string; key: string; definition: string }>`
      select members.org_id, members.component_id, members.key, definition from (${membersOf(scope)}) members
      join components using (org_id, component_id)
      where not exists (select from component_search texts
        where texts.org_id = members.org_id and texts.component_id = members.component_id)
      limit ${TEXTS_AT_ONCE}`.execute(db.kysely);
    if (rows.length === 0) return;
    const values = rows.map(({ definition, ...row }) => {
      const { kind, name, description, apps } = JSON.parse(definition) as ComponentDefinition;
      const plain = plainDescription(description);
      return { ...row, kind, name: name ?? row.key, apps: [...apps], description: plain, model: null, vector: null };
    });
    await db.kysely
      .insertInto("component_search")
      .values(values)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

/** Reads some of a scope's components; vectors only of this model. */
export async function readRows(
  db: Database,
  scope: SearchScope,
  { componentIds, model }: { componentIds: readonly string[]; model: string },
): Promise<SearchRow[]> {
  const { rows } = await sql<SearchRow>`select members.component_id as "componentId", members.key, texts.kind,
      texts.apps, texts.name, texts.description, case when texts.model = ${model} then texts.vector end as vector
    from (${membersOf(scope)}) members
    join component_search texts on texts.org_id = members.org_id and texts.component_id = members.component_id
    where members.component_id = any(${[...componentIds]})`.execute(db.kysely);
  return rows;
}

/** Keeps vectors. */
export async function writeVectors(
  db: Database,
  vectors: readonly { componentId: string; vector: Buffer }[],
  model: string,
): Promise<void> {
  await db.query(
    `update component_search set model = $1, vector = made.vector
     from unnest($2::text[], $3::bytea[]) as made (component_id, vector)
     where component_search.component_id = made.component_id`,
    [model, vectors.map(({ componentId }) => componentId), vectors.map(({ vector }) => vector)],
  );
}
