import { sql } from "kysely";
import { newId, notFound, type Page, type PageRequest } from "../core/index.ts";
import { selectPage, type Database } from "../db/index.ts";

/** A row of `projects`. */
export interface ProjectRow {
  org_id: string;
  project_id: string;
  name: string;
  created_at_ms: number;
}

/** What groups workflows and connected users within a workspace. */
export class Projects {
  readonly #db: Database;

  constructor(options: { db: Database }) {
    this.#db = options.db;
  }

  async create(orgId: string, name: string): Promise<ProjectRow> {
    const row = { org_id: orgId, project_id: newId("project"), name, created_at_ms: Date.now() };
    await this.#db.kysely.insertInto("projects").values(row).execute();
    return row;
  }

  /** @throws ApiError 404 */
  async find(orgIds: readonly string[], projectId: string): Promise<ProjectRow> {
    const { rows } = await this.#db.query<ProjectRow>(
      "select * from projects where org_id = any($1) and project_id = $2",
      [[...orgIds], projectId],
    );
    if (!rows[0]) throw notFound(`Project ${projectId}`);
    return rows[0];
  }

  list(orgId: string, page: PageRequest): Promise<Page<ProjectRow>> {
    return selectPage<ProjectRow>(this.#db.kysely, {
      columns: sql`*`,
      from: sql`projects`,
      where: sql`org_id = ${orgId}`,
      id: sql`project_id`,
      sort: sql`created_at_ms`,
      direction: "desc",
      page,
    });
  }
}
