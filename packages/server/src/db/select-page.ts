import { sql, type Kysely, type RawBuilder } from "kysely";
import { invalidInput, type Page, type PageRequest } from "../core/index.ts";
import type { Schema } from "./schema/index.ts";

/** A list that is read page by page. `where` holds the tenant's scope. */
export interface PagedList {
  columns: RawBuilder<unknown>;
  from: RawBuilder<unknown>;
  where: RawBuilder<unknown>;
  /** The column that cursors name; unique. */
  id: RawBuilder<unknown>;
  /** The column that orders the list; rows with the same value are ordered by id. */
  sort: RawBuilder<unknown>;
  direction: "asc" | "desc";
  page: PageRequest;
}

/**
 * Reads one page by keyset: its cost does not grow with the depth of the page, and rows added meanwhile shift nothing.
 * @throws ApiError 400 when a cursor's row is not in the list (any more)
 */
export async function selectPage<Row>(db: Kysely<Schema>, list: PagedList): Promise<Page<Row>> {
  const { page } = list;
  const [after, before] = await Promise.all([
    sortValue(db, list, { path: "after", id: page.afterId }),
    sortValue(db, list, { path: "before", id: page.beforeId }),
  ]);
  // Only with `before` alone the page is filled from its end.
  const backwards = before !== null && after === null;
  const direction = list.direction === (backwards ? "desc" : "asc") ? sql`asc` : sql`desc`;
  const conditions = [list.where, beyond(list, after, "after"), beyond(list, before, "before")];
  const where = sql.join(
    conditions.filter((condition) => condition !== null),
    sql` and `,
  );
  const [rows, count] = await Promise.all([
    sql<Row>`select ${list.columns} from ${list.from} where ${where}
      order by ${list.sort} ${direction}, ${list.id} ${direction} limit ${page.limit}`.execute(db),
    sql<{ count: number }>`select count(*) as count from ${list.from} where ${list.where}`.execute(db),
  ]);
  return { rows: backwards ? rows.rows.toReversed() : rows.rows, totalCount: count.rows[0]?.count ?? 0 };
}

interface Boundary {
  id: string;
  sort: unknown;
}

interface NamedCursor {
  path: "after" | "before";
  id: string | null;
}

async function sortValue(db: Kysely<Schema>, list: PagedList, cursor: NamedCursor): Promise<Boundary | null> {
  const { id } = cursor;
  if (id === null) return null;
  const found = await sql<{ sort: unknown }>`select ${list.sort} as sort from ${list.from}
    where ${list.where} and ${list.id} = ${id} limit 1`.execute(db);
  const row = found.rows[0];
  if (row) return { id, sort: row.sort };
  throw invalidInput([{ path: cursor.path, message: "names nothing in this list; start again without it" }]);
}

function beyond(list: PagedList, boundary: Boundary | null, side: "after" | "before"): RawBuilder<unknown> | null {
  if (boundary === null) return null;
  const operator = (list.direction === "asc") === (side === "after") ? sql`>` : sql`<`;
  return sql`(${list.sort}, ${list.id}) ${operator} (${boundary.sort}, ${boundary.id})`;
}
