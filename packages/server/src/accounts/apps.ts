import { sql, type RawBuilder } from "kysely";
import { invalidInput, newId, notFound, type Page, type PageRequest } from "../core/index.ts";
import { selectPage, type Database } from "../db/index.ts";
import { AppEditor, checkDefinition, logoOf, type AppDefinition, type AuthField } from "./catalogue/index.ts";

/** A row of `apps`. */
export interface AppRow {
  app_id: string;
  name_slug: string;
  name: string;
  auth_type: "keys" | "oauth" | "none";
  description: string | null;
  /** Where its logo is served. */
  img_src: string;
  custom_fields_json: string;
  categories: string[];
}

export interface AppQuery {
  /** Looked for in name, slug and description; the best matches come first. */
  text?: string | undefined;
  /** Instead of the order of matches or of names. */
  sortKey?: "name" | "name_slug" | "featured_weight" | undefined;
  direction?: "asc" | "desc" | undefined;
}

const SORTS = {
  name: sql`lower(name)`,
  name_slug: sql`name_slug`,
  featured_weight: sql`featured_weight`,
};

/** The catalogue of apps that accounts belong to; it is the instance's, not a workspace's. */
export class Apps {
  readonly #db: Database;
  readonly #columns: RawBuilder<unknown>;
  readonly editor: AppEditor;

  constructor(options: { db: Database; publicUrl: string }) {
    this.#db = options.db;
    this.#columns = sql`app_id, name_slug, name, auth_type, description,
      coalesce(img_src, ${options.publicUrl}::text || '/v1/apps/' || app_id || '/logo') as img_src,
      custom_fields_json, categories`;
    this.editor = new AppEditor(options);
  }

  /** Apps by name, or by how well they match a text. */
  list({ text, sortKey, direction }: AppQuery, page: PageRequest): Promise<Page<AppRow>> {
    const words = (text ?? "").trim().toLowerCase();
    const pattern = words.replace(/[\\%_]/g, "\\$&");
    const isNamed = sql`(name ilike ${`%${pattern}%`} or name_slug ilike ${`%${pattern}%`})`;
    return selectPage<AppRow>(this.#db.kysely, {
      columns: this.#columns,
      from: sql`apps`,
      where: words === "" ? sql`true` : sql`(${isNamed} or description ilike ${`%${pattern}%`})`,
      id: sql`name_slug`,
      sort: sortKey ? SORTS[sortKey] : rankOf(words, { pattern, isNamed }),
      direction: direction ?? (sortKey === "featured_weight" ? "desc" : "asc"),
      page,
    });
  }

  /** How accounts of an app connect. Of an app that only components name, nothing but its name is known. @throws ApiError 404 */
  async definitionOf(appId: string): Promise<AppDefinition> {
    const row = await this.#db.kysely.selectFrom("apps").selectAll().where("app_id", "=", appId).executeTakeFirst();
    if (!row) throw notFound(`App ${appId}`);
    const stored: unknown = row.definition === null ? null : JSON.parse(row.definition);
    const known = checkDefinition(stored);
    if ("definition" in known) return { ...known.definition, id: row.app_id };
    const { app_id: id, name_slug: slug, name, description, categories } = row;
    const fields = fieldsShown(row.custom_fields_json);
    return { id, slug, name, description: description ?? "", categories, auth: { type: "keys", fields } };
  }

  /** An app's logo as SVG. @throws ApiError 404 */
  async logo(idOrSlug: string): Promise<string> {
    const { app_id, name_slug: slug, name } = await this.find(idOrSlug);
    const { icon = null } = await this.definitionOf(app_id);
    return logoOf({ slug, name, icon });
  }

  /** By id or slug. @throws ApiError 404 */
  async find(idOrSlug: string): Promise<AppRow> {
    const row = await this.#lookUp(idOrSlug);
    if (!row) throw notFound(`App ${idOrSlug}`);
    return row;
  }

  /**
   * The app to connect an account to: one of the catalogue, or a slug that a component of the workspace or the registry names,
   * which is then added to the catalogue.
   * @throws ApiError 400
   */
  async resolve(orgId: string, idOrSlug: string): Promise<AppRow> {
    const known = await this.#lookUp(idOrSlug);
    if (known) return known;
    if (!(await this.#isNamedByComponent(orgId, idOrSlug))) {
      throw invalidInput([{ path: "app", message: `names no app (${idOrSlug}), and no saved component uses it` }]);
    }
    await this.addNamed([idOrSlug]);
    return this.find(idOrSlug);
  }

  /** Adds apps that components name to the catalogue; those that it has stay as they are. */
  async addNamed(slugs: readonly string[]): Promise<void> {
    if (slugs.length === 0) return;
    const facts = { auth_type: "keys", description: null, img_src: null, created_at_ms: Date.now() } as const;
    await this.#db.kysely
      .insertInto("apps")
      .values(slugs.map((slug) => ({ ...facts, app_id: newId("app"), name_slug: slug, name: nameOfSlug(slug) })))
      .onConflict((conflict) => conflict.column("name_slug").doNothing())
      .execute();
  }

  async #lookUp(idOrSlug: string): Promise<AppRow | undefined> {
    const { rows } = await sql<AppRow>`select ${this.#columns} from apps
      where app_id = ${idOrSlug} or name_slug = ${idOrSlug} limit 1`.execute(this.#db.kysely);
    return rows[0];
  }

  async #isNamedByComponent(orgId: string, slug: string): Promise<boolean> {
    // The text alone is searched by the database: its JSON functions refuse what user code may well write, such as NUL.
    const { rows } = await this.#db.query<{ definition: string }>(
      `select definition from components where strpos(definition, $2) > 0
         and (org_id = $1 or component_id in (select component_id from registry_entries))`,
      [orgId, JSON.stringify(slug)],
    );
    return rows.some((row) => (JSON.parse(row.definition) as { apps: string[] }).apps.includes(slug));
  }
}

/** The fields that an app without a definition is shown with; what stands there as null is absent in a definition. */
function fieldsShown(customFieldsJson: string): AuthField[] {
  const shown = JSON.parse(customFieldsJson) as Record<string, unknown>[];
  return shown.map(
    (field) => Object.fromEntries(Object.entries(field).filter(([, value]) => value !== null)) as AuthField,
  );
}

/** One text that sorts as the matches do: first by where the words were found, then by name. */
function rankOf(words: string, { pattern, isNamed }: { pattern: string; isNamed: RawBuilder<unknown> }) {
  if (words === "") return SORTS.name;
  return sql`(case when lower(name) = ${words} or name_slug = ${words} then '0'
    when name ilike ${`${pattern}%`} or name_slug ilike ${`${pattern}%`} then '1'
    when name ilike ${`% ${pattern}%`} or name_slug ilike ${`%\\_${pattern}%`} then '2'
    when ${isNamed} then '3' else '4' end || lower(name))`;
}

function nameOfSlug(slug: string): string {
  const words = slug.split(/[_-]+/).filter((word) => word !== "");
  return words.map((word) => word[0]?.toUpperCase() + word.slice(1)).join(" ");
}
