import { sql, type Kysely, type Transaction } from "kysely";
import { notFound, type Page, type PageRequest } from "../core/index.ts";
import { selectPage, type Schema } from "../db/index.ts";
import type { SourceState } from "./loaded-source.ts";

/** A row of `sources`. */
export interface SourceRow {
  org_id: string;
  source_id: string;
  user_id: string | null;
  component_id: string;
  name: string;
  name_slug: string;
  state: SourceState;
  deployment_id: string;
  configured_props: string;
  was_active: boolean;
  created_at_ms: number;
  updated_at_ms: number;
}

/** A row with what replies show besides it. */
export interface ListedSource extends SourceRow {
  /** The component's definition, JSON. */
  definition: string;
}

const COLUMNS = sql`source.org_id, source_id, user_id, source.component_id, source.name, name_slug, state, deployment_id,
  configured_props, was_active, source.created_at_ms, source.updated_at_ms, component.definition`;
const FROM = sql`sources as source join components as component using (org_id, component_id)`;

/** A source of one of these workspaces; one that is still being deployed does not exist yet. @throws ApiError 404 */
export async function findSource(
  db: Kysely<Schema>,
  orgIds: readonly string[],
  sourceId: string,
): Promise<ListedSource> {
  const { rows } = await sql<ListedSource>`select ${COLUMNS} from ${FROM}
    where source.org_id = any(${[...orgIds]}) and source_id = ${sourceId} and state <> 'deploying'`.execute(db);
  const row = rows[0];
  if (!row) throw notFound(`Source ${sourceId}`);
  return row;
}

/** Sources of these workspaces, newest first. */
export function listSources(
  db: Kysely<Schema>,
  orgIds: readonly string[],
  page: PageRequest,
): Promise<Page<ListedSource>> {
  return selectPage<ListedSource>(db, {
    columns: COLUMNS,
    from: FROM,
    where: sql`source.org_id = any(${[...orgIds]}) and state <> 'deploying'`,
    id: sql`source_id`,
    sort: sql`source.created_at_ms`,
    direction: "desc",
    page,
  });
}

/**
 * Slugs of a workspace that could collide with `slug`, `slug-2`, …; a source's own does not count. Whoever asks next in
 * the workspace waits until the transaction has ended: many may want the same slug at once.
 */
export async function takenSlugs(
  trx: Transaction<Schema>,
  { orgId, slug, exceptSourceId }: { orgId: string; slug: string; exceptSourceId?: string },
): Promise<Set<string>> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`millrace source slugs ${orgId}`}, 0))`.execute(trx);
  const rows = await trx
    .selectFrom("sources")
    .select("name_slug")
    .where("org_id", "=", orgId)
    .where((where) => where.or([where("name_slug", "=", slug), where("name_slug", "like", `${likeText(slug)}-%`)]))
    .$if(exceptSourceId !== undefined, (query) => query.where("source_id", "<>", exceptSourceId ?? ""))
    .execute();
  return new Set(rows.map((row) => row.name_slug));
}

function likeText(text: string): string {
  return text.replaceAll(/[\\%_]/g, String.raw`\$&`);
}
