import { openPackageTree, type FileTree, type PackageInstaller } from "@millrace/runner";
import type { Database } from "../../db/index.ts";
import type { ImportRecord } from "./import-record.ts";

/** The files of an import. */
export interface OpenedSource {
  readonly tree: FileTree;
  /** The very version, so that going on later reads the same files; null for uploads. */
  readonly resolved: string | null;
}

/** @throws DependencyError, ComponentFetchError for a package that cannot be had */
export async function openSource(
  db: Database,
  packages: PackageInstaller,
  record: ImportRecord,
): Promise<OpenedSource> {
  if (record.source.startsWith("upload:")) return { tree: await uploadedTree(db, record), resolved: null };
  const tree = await openPackageTree(record.resolved ?? record.source, packages);
  return { tree, resolved: `npm:${tree.name}@${tree.version}` };
}

async function uploadedTree(db: Database, { orgId, importId }: ImportRecord): Promise<FileTree> {
  const { rows } = await db.query<{ path: string }>(
    "select path from registry_import_files where org_id = $1 and import_id = $2 order by path",
    [orgId, importId],
  );
  const read = async (path: string): Promise<string | null> => {
    const found = await db.query<{ content: string }>(
      "select content from registry_import_files where org_id = $1 and import_id = $2 and path = $3",
      [orgId, importId, path],
    );
    return found.rows[0]?.content ?? null;
  };
  return { paths: rows.map(({ path }) => path), read };
}
