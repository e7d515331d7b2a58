import type { ComponentDefinition } from "@millrace/runner";
import { sql, type RawBuilder } from "kysely";
import type { Page, PageRequest } from "../core/index.ts";
import { selectPage, type Database } from "../db/index.ts";

export interface ListQuery {
  readonly page: PageRequest;
  /** Part of the key or the name. */
  readonly text?: string | undefined;
  readonly kind?: "source" | "action" | "app" | undefined;
  /** Slug of an app that they use. */
  readonly app?: string | undefined;
}

/** A component in a list: without its code and props. */
export interface ListedComponent {
  readonly orgId: string;
  readonly componentId: string;
  readonly key: string;
  readonly version: string;
  readonly name: string;
  readonly kind: "source" | "action" | "app";
  readonly description: string | null;
  readonly apps: readonly string[];
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

interface ListedRow {
  org_id: string;
  component_id: string;
  key: string;
  version: string;
  name: string;
  kind: ListedComponent["kind"];
  definition: string;
  created_at_ms: number;
  updated_at_ms: number;
}

const COLUMNS = sql`components.org_id, components.component_id, components.version, components.name, components.kind,
  components.definition, components.created_at_ms, components.updated_at_ms`;

/** Components of these workspaces that have a key, newest first. */
export function listComponents(
  db: Database,
  orgIds: readonly string[],
  query: ListQuery,
): Promise<Page<ListedComponent>> {
  return listOf(db, query, {
    from: sql`components`,
    key: sql`components.key`,
    scope: sql`components.org_id = any(${[...orgIds]}) and components.key is not null`,
    id: sql`components.component_id`,
    sort: sql`components.created_at_ms`,
    direction: "desc",
  });
}

/** What bare keys mean in the registry, by key; of any workspace by design. */
export function listPublished(db: Database, query: ListQuery): Promise<Page<ListedComponent>> {
  return listOf(db, query, {
    from: sql`registry_entries join components using (org_id, component_id)`,
    key: sql`registry_entries.key`,
    scope: sql`true`,
    id: sql`registry_entries.key`,
    sort: sql`registry_entries.key`,
    direction: "asc",
  });
}

interface ListShape {
  readonly from: RawBuilder<unknown>;
  readonly key: RawBuilder<unknown>;
  readonly scope: RawBuilder<unknown>;
  readonly id: RawBuilder<unknown>;
  readonly sort: RawBuilder<unknown>;
  readonly direction: "asc" | "desc";
}

async function listOf(
  db: Database,
  query: ListQuery,
  { scope, key, ...shape }: ListShape,
): Promise<Page<ListedComponent>> {
  const pattern = `%${(query.text ?? "").replace(/[\\%_]/g, "\\$&")}%`;
  // The text alone is searched: the database's JSON functions refuse what user code may well write, such as NUL.
  const apps = (slug: string) => sql`strpos(substring(components.definition from '"apps":\\[[^]]*\\]'),
    ${JSON.stringify(slug)}) > 0`;
  const where = sql`${scope} and (${key} ilike ${pattern} or components.name ilike ${pattern})
    and ${query.kind === undefined ? sql`true` : sql`components.kind = ${query.kind}`}
    and ${query.app === undefined ? sql`true` : apps(query.app)}`;
  const page = await selectPage<ListedRow>(db.kysely, {
    ...{ ...shape, where, page: query.page },
    columns: sql`${COLUMNS}, ${key} as key`,
  });
  return { ...page, rows: page.rows.map(listedOf) };
}

function listedOf(row: ListedRow): ListedComponent {
  const { description, apps } = JSON.parse(row.definition) as ComponentDefinition;
  return {
    orgId: row.org_id,
    componentId: row.component_id,
    key: row.key,
    version: row.version,
    name: row.name,
    kind: row.kind,
    description,
    apps,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  };
}
