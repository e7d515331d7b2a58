import { sql, type Transaction } from "kysely";
import type { Database, Schema } from "../../db/index.ts";
import { columnsOf } from "./app-columns.ts";
import { checkDefinition } from "./check-definition.ts";
import type { Catalogue, CatalogueProblem } from "./load-catalogue.ts";
import { mergePatch } from "./merge-patch.ts";

const SETTING = "catalogue_hash";

export interface SyncOptions {
  db: Database;
  catalogue: Catalogue;
  /** Hears of what the API once said and what does not fit any more: the app is then as the files say. */
  onProblem(problem: CatalogueProblem): void;
}

/** Makes the apps what the files and the API say, unless they are already: a start is no slower for a large catalogue. */
export async function syncCatalogue({ db, catalogue, onProblem }: SyncOptions): Promise<{ changed: boolean }> {
  if ((await storedHash(db.kysely)) === catalogue.hash) return { changed: false };
  await db.transaction(async (trx) => {
    await lockCatalogue(trx);
    await writeApps(trx, await rowsOf(trx, { catalogue, onProblem }));
    await sql`insert into instance_settings (name, value) values (${SETTING}, ${catalogue.hash})
      on conflict (name) do update set value = excluded.value`.execute(trx);
  });
  return { changed: true };
}

/** Within a transaction: until it ends, nobody else on any node changes the catalogue. */
export async function lockCatalogue(trx: Transaction<Schema>): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('millrace catalogue', 0))`.execute(trx);
}

async function storedHash(db: Database["kysely"]): Promise<string | null> {
  const row = await db.selectFrom("instance_settings").select("value").where("name", "=", SETTING).executeTakeFirst();
  return row?.value ?? null;
}

type AppColumns = ReturnType<typeof columnsOf>;

async function rowsOf(
  trx: Transaction<Schema>,
  { catalogue, onProblem }: Omit<SyncOptions, "db">,
): Promise<AppColumns[]> {
  const rows = new Map<string, AppColumns>();
  for (const [slug, { definition, origin }] of catalogue.apps) rows.set(slug, columnsOf(definition, origin));
  for (const { name_slug: slug, patch } of await trx.selectFrom("app_overrides").selectAll().execute()) {
    const merged = checkDefinition(mergePatch(catalogue.apps.get(slug)?.definition, JSON.parse(patch)));
    if ("definition" in merged) rows.set(slug, columnsOf(merged.definition, "api"));
    else onProblem({ file: `PUT /apps/${slug}`, problems: merged.problems });
  }
  return [...rows.values()];
}

/**
 * An app that is there already keeps its id, by which accounts name it. One that nobody speaks of any more goes, unless
 * something still names it.
 */
async function writeApps(trx: Transaction<Schema>, rows: readonly AppColumns[]): Promise<void> {
  const given = sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given (app_id text, name_slug text, name text,
    auth_type text, description text, img_src text, custom_fields_json text, categories text[], origin text,
    definition text, featured_weight integer)`;
  await sql`update apps set name_slug = given.name_slug from ${given} where apps.app_id = given.app_id
    and apps.name_slug <> given.name_slug
    and not exists (select 1 from apps other where other.name_slug = given.name_slug)`.execute(trx);
  await sql`insert into apps (app_id, name_slug, name, auth_type, description, img_src, custom_fields_json, categories,
      origin, definition, featured_weight, created_at_ms)
    select given.*, ${Date.now()} from ${given} where not exists (
      select 1 from apps other where other.app_id = given.app_id and other.name_slug <> given.name_slug)
    on conflict (name_slug) do update set name = excluded.name, auth_type = excluded.auth_type,
      description = excluded.description, img_src = excluded.img_src, custom_fields_json = excluded.custom_fields_json,
      categories = excluded.categories, origin = excluded.origin, definition = excluded.definition,
      featured_weight = excluded.featured_weight`.execute(trx);
  await deleteUnnamed(
    trx,
    rows.map((row) => row.name_slug),
  );
}

async function deleteUnnamed(trx: Transaction<Schema>, slugs: readonly string[]): Promise<void> {
  await sql`delete from apps where origin <> 'component' and name_slug <> all(${[...slugs]}) and not exists (
    select 1 from accounts where accounts.app_id = apps.app_id) and not exists (
    select 1 from oauth_apps where oauth_apps.app_id = apps.app_id) and not exists (
    select 1 from connect_links where connect_links.app_id = apps.app_id)`.execute(trx);
}
