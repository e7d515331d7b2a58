import { sql, type RawBuilder } from "kysely";
import type { Page, PageRequest } from "../../core/index.ts";
import { selectPage, type Database } from "../../db/index.ts";

/** Whose files. */
export interface FileScope {
  readonly orgId: string;
  /** Null: of the workflows that belong to no project. */
  readonly projectId: string | null;
}
export interface FileOf extends FileScope {
  readonly path: string;
}

export interface StoredFileRow {
  path: string;
  object_key: string;
  content_type: string | null;
  size_bytes: number;
  updated_at_ms: number;
}

/** What lies in a directory: a file, or a directory that some file's path goes through. */
export interface EntryRow {
  /** The name; of a directory with a slash at its end. */
  id: string;
  name: string;
  is_directory: boolean;
  size_bytes: number | null;
  content_type: string | null;
  updated_at_ms: number;
}

const COLUMNS = "path, object_key, content_type, size_bytes, updated_at_ms";

// The key that a file had before is answered, since its object is of no use any more.
const PUT = `
with old as (
  select object_key from stored_files where org_id = $1 and project_id = $2 and path = $3 for update)
insert into stored_files (org_id, project_id, path, object_key, content_type, size_bytes, created_at_ms, updated_at_ms)
values ($1, $2, $3, $4, $5, $6, $7, $7)
on conflict (org_id, project_id, path) do update set object_key = excluded.object_key,
  content_type = excluded.content_type, size_bytes = excluded.size_bytes, updated_at_ms = excluded.updated_at_ms
returning (select object_key from old) as old_key`;

/** The rows of stored files. Paths are checked by the caller. */
export class FileRows {
  readonly #db: Database;

  constructor(options: { db: Database }) {
    this.#db = options.db;
  }

  async find(file: FileOf): Promise<StoredFileRow | null> {
    const { rows } = await this.#db.query<StoredFileRow>(
      `select ${COLUMNS} from stored_files where org_id = $1 and project_id = $2 and path = $3`,
      [file.orgId, file.projectId ?? "", file.path],
    );
    return rows[0] ?? null;
  }

  /** Answers the key of the object that this one replaces. */
  async put(
    file: FileOf,
    object: { key: string; contentType: string | null; sizeBytes: number },
  ): Promise<string | null> {
    const { key, contentType, sizeBytes } = object;
    const values = [file.orgId, file.projectId ?? "", file.path, key, contentType, sizeBytes, Date.now()];
    const { rows } = await this.#db.query<{ old_key: string | null }>(PUT, values);
    return rows[0]?.old_key ?? null;
  }

  /** Answers the key of its object; null: there was none. */
  async delete(file: FileOf): Promise<string | null> {
    const { rows } = await this.#db.query<{ object_key: string }>(
      "delete from stored_files where org_id = $1 and project_id = $2 and path = $3 returning object_key",
      [file.orgId, file.projectId ?? "", file.path],
    );
    return rows[0]?.object_key ?? null;
  }

  /** Some files of a workspace, of whatever project: the keys of their objects. */
  async someKeys(orgId: string, limit: number): Promise<string[]> {
    const { rows } = await this.#db.query<{ object_key: string }>(
      "select object_key from stored_files where org_id = $1 limit $2",
      [orgId, limit],
    );
    return rows.map((row) => row.object_key);
  }

  /** Forgets files by their objects. */
  async forget(orgId: string, keys: readonly string[]): Promise<void> {
    await this.#db.query("delete from stored_files where org_id = $1 and object_key = any($2)", [orgId, [...keys]]);
  }

  /** What lies in a directory, by name. */
  page(scope: FileScope, directory: string, page: PageRequest): Promise<Page<EntryRow>> {
    return selectPage<EntryRow>(this.#db.kysely, {
      columns: sql`*`,
      from: sql`(${entriesOf(scope, directory)}) as entries`,
      where: sql`true`,
      id: sql`id`,
      sort: sql`id`,
      direction: "asc",
      page,
    });
  }

  /** At most `limit` of the same, after one of them. */
  async some(scope: FileScope, directory: string, part: { afterId: string; limit: number }): Promise<EntryRow[]> {
    const { rows } = await sql<EntryRow>`select * from (${entriesOf(scope, directory)}) as entries
      where id > ${part.afterId} order by id limit ${part.limit}`.execute(this.#db.kysely);
    return rows;
  }

  /** Of all files of a workspace but one. */
  async totalBytes({ orgId, projectId, path }: FileOf): Promise<number> {
    const { rows } = await this.#db.query<{ total: number }>(
      `select coalesce(sum(size_bytes), 0)::bigint as total from stored_files
       where org_id = $1 and not (project_id = $2 and path = $3)`,
      [orgId, projectId ?? "", path],
    );
    return rows[0]?.total ?? 0;
  }

  /** Which of these objects are files, of whatever workspace. */
  async inUse(keys: readonly string[]): Promise<ReadonlySet<string>> {
    if (keys.length === 0) return new Set();
    const { rows } = await this.#db.query<{ object_key: string }>(
      "select object_key from stored_files where object_key = any($1)",
      [[...keys]],
    );
    return new Set(rows.map((row) => row.object_key));
  }
}

function entriesOf({ orgId, projectId }: FileScope, directory: string): RawBuilder<unknown> {
  const prefix = directory === "" ? "" : `${directory}/`;
  // In the order of bytes, 0 comes right after the slash.
  const range = directory === "" ? sql`true` : sql`path >= ${prefix} and path < ${`${directory}0`}`;
  return sql`
    select name || (case when is_directory then '/' else '' end) as id, name, is_directory,
      (case when is_directory then null else max(size_bytes) end)::bigint as size_bytes,
      case when is_directory then null else max(content_type) end as content_type, max(updated_at_ms) as updated_at_ms
    from (select split_part(rest, '/', 1) as name, position('/' in rest) > 0 as is_directory, size_bytes, content_type, updated_at_ms
      from (select substr(path, ${prefix.length + 1}::integer) as rest, size_bytes, content_type, updated_at_ms from stored_files
        where org_id = ${orgId} and project_id = ${projectId ?? ""} and ${range}) as inside) as parts
    group by name, is_directory`;
}
