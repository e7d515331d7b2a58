import { sql } from "kysely";
import { invalidInput, newId, notFound, type Page, type PageRequest } from "../core/index.ts";
import { selectPage, type Database } from "../db/index.ts";

/** A row of `apps`. */
export interface AppRow {
  app_id: string;
  name_slug: string;
  name: string;
  auth_type: "keys" | "oauth" | "none";
  description: string | null;
  img_src: string | null;
  custom_fields_json: string;
  categories: string[];
}

const COLUMNS = sql`app_id, name_slug, name, auth_type, description, img_src, custom_fields_json, categories`;

/** The catalogue of apps that accounts belong to; it is the instance's, not a workspace's. */
export class Apps {
  readonly #db: Database;

  constructor(options: { db: Database }) {
    this.#db = options.db;
  }

  /** Apps by name; `text` is looked for in name and slug. */
  list(text: string | undefined, page: PageRequest): Promise<Page<AppRow>> {
    const pattern = `%${(text ?? "").replace(/[\\%_]/g, "\\$&")}%`;
    return selectPage<AppRow>(this.#db.kysely, {
      columns: COLUMNS,
      from: sql`apps`,
      where: sql`(name ilike ${pattern} or name_slug ilike ${pattern})`,
      id: sql`name_slug`,
      sort: sql`lower(name)`,
      direction: "asc",
      page,
    });
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
    const row = { app_id: newId("app"), name_slug: idOrSlug, name: nameOfSlug(idOrSlug), created_at_ms: Date.now() };
    await this.#db.kysely
      .insertInto("apps")
      .values({ ...row, auth_type: "keys", description: null, img_src: null })
      .onConflict((conflict) => conflict.column("name_slug").doNothing())
      .execute();
    return this.find(idOrSlug);
  }

  async #lookUp(idOrSlug: string): Promise<AppRow | undefined> {
    const { rows } = await sql<AppRow>`select ${COLUMNS} from apps
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

function nameOfSlug(slug: string): string {
  const words = slug.split(/[_-]+/).filter((word) => word !== "");
  return words.map((word) => word[0]?.toUpperCase() + word.slice(1)).join(" ");
}
