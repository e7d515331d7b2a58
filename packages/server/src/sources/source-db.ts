import { sql } from "kysely";
import { notFound, type Page, type PageRequest } from "../core/index.ts";
import { selectPage, type Database } from "../db/index.ts";
import { findSource } from "./source-rows.ts";

/** A key that a source keeps. */
export interface SourceDbEntry {
  readonly key: string;
  /** JSON text. */
  readonly value: string;
  readonly size_bytes: number;
}

/** What sources keep in `$.service.db`, for people to look at. */
export class SourceDb {
  readonly #db: Database;

  constructor(options: { db: Database }) {
    this.#db = options.db;
  }

  /** By key. @throws ApiError 404 */
  async list(orgIds: readonly string[], sourceId: string, page: PageRequest): Promise<Page<SourceDbEntry>> {
    const { org_id: orgId } = await findSource(this.#db.kysely, orgIds, sourceId);
    return selectPage<SourceDbEntry>(this.#db.kysely, {
      columns: sql`key, value, octet_length(value) as size_bytes`,
      from: sql`source_db`,
      where: sql`org_id = ${orgId} and source_id = ${sourceId}`,
      id: sql`key`,
      sort: sql`key`,
      direction: "asc",
      page,
    });
  }

  /** @throws ApiError 404 for the source or the key */
  async delete(orgIds: readonly string[], sourceId: string, key: string): Promise<void> {
    const { org_id: orgId } = await findSource(this.#db.kysely, orgIds, sourceId);
    const { rowCount } = await this.#db.query(
      "delete from source_db where org_id = $1 and source_id = $2 and key = $3",
      [orgId, sourceId, key],
    );
    if (rowCount === 0) throw notFound(`Key ${key}`);
  }
}
