import { DependencyError, ComponentFetchError, parsePackageSource } from "@millrace/runner";
import { sql } from "kysely";
import { ApiError, invalidInput, newId, notFound, type Page, type PageRequest } from "../../core/index.ts";
import { selectPage, type Database, type NodeRegistration } from "../../db/index.ts";
import { ClaimLostError, claimImport, noteImport, type ClaimedImport } from "./import-claim.ts";
import {
  IMPORT_COLUMNS,
  importOf,
  type ImportItem,
  type ImportRecord,
  type ImportRow,
  type ImportScope,
  type ItemOutcome,
} from "./import-record.ts";
import { runImport, type ImportPorts } from "./run-import.ts";

export interface RegistryImportsOptions extends ImportPorts {
  readonly node: Pick<NodeRegistration, "nodeId" | "epoch" | "fresh" | "keepAlive">;
  /** Hears of failures that are tried again. */
  onError(error: unknown): void;
}

/** A file of an upload. */
export interface UploadedFile {
  readonly path: string;
  readonly content: string;
}

const TOPIC = "registry_imports";
const RETRY_AFTER_MS = 15_000;
const ATTEMPTS = 4;
const MAX_UPLOAD_BYTES = 512 * 1024 * 1024;
const SOURCE_FORM = "must be npm:<package>, npm:<package>@<version> or upload:<SHA-256 of what is uploaded>";

/** Imports of many components at once. Each is a row that any node takes up and goes on with where another was lost. */
export class RegistryImports {
  readonly #options: RegistryImportsOptions;
  readonly #db: Database;
  readonly #attempts = new Map<string, number>();
  readonly #stopping = new AbortController();
  #unlisten: (() => void) | null = null;
  #release: (() => void) | null = null;
  #working: Promise<void> | null = null;
  #isAskedAgain = false;
  #retryTimer: NodeJS.Timeout | null = null;

  constructor(options: RegistryImportsOptions) {
    this.#options = options;
    this.#db = options.db;
  }

  /** Takes up what is there, and hears of more. */
  start(): void {
    this.#unlisten = this.#db.listen(TOPIC, () => this.work());
    this.#release = this.#options.node.keepAlive(() => this.#working !== null);
    this.work();
  }

  /** Gives back what it works on; another node, or the next start, goes on with it. */
  async stop(): Promise<void> {
    this.#unlisten?.();
    if (this.#retryTimer) clearTimeout(this.#retryTimer);
    this.#stopping.abort();
    await this.#working;
    this.#release?.();
  }

  /**
   * Begins an import, or finds the one of the same source that is under way. An upload then waits for its files.
   * @throws ApiError 400 for a source of no known form
   */
  async create(wanted: { orgId: string; source: string; scope: ImportScope }): Promise<ImportRecord> {
    const { orgId, source, scope } = wanted;
    const isUpload = /^upload:[0-9a-f]{64}$/.test(source);
    if (!isUpload && parsePackageSource(source) === null) {
      throw invalidInput([{ path: "source", message: SOURCE_FORM }]);
    }
    const importId = newId("registryImport");
    const nowMs = Date.now();
    const created = await this.#db.transaction(async (trx) => {
      // Two callers at once must not begin it twice.
      await sql`select pg_advisory_xact_lock(hashtextextended(${`${orgId} ${scope} ${source}`}, 9))`.execute(trx);
      const { rows } = await sql<{ import_id: string }>`select import_id from registry_imports
        where org_id = ${orgId} and scope = ${scope} and source = ${source} and state not in ('done', 'failed')
        limit 1`.execute(trx);
      if (rows[0]) return rows[0].import_id;
      const state = isUpload ? "receiving" : "queued";
      await sql`insert into registry_imports (org_id, import_id, source, scope, state, created_at_ms, updated_at_ms)
        values (${orgId}, ${importId}, ${source}, ${scope}, ${state}, ${nowMs}, ${nowMs})`.execute(trx);
      return importId;
    });
    await this.#db.notify(TOPIC);
    return this.find([orgId], created);
  }

  /** Adds files to an upload; the same path again replaces the file. @throws ApiError 404, 409, 413 */
  async addFiles(orgIds: readonly string[], importId: string, files: readonly UploadedFile[]): Promise<ImportRecord> {
    const { orgId } = await this.#receiving(orgIds, importId);
    await this.#db.query(
      `insert into registry_import_files (org_id, import_id, path, content)
       select $1, $2, path, content from unnest($3::text[], $4::text[]) as file (path, content)
       on conflict (import_id, path) do update set content = excluded.content`,
      [orgId, importId, files.map(({ path }) => path), files.map(({ content }) => content)],
    );
    const { rows } = await this.#db.query<{ size: number }>(
      "select coalesce(sum(octet_length(content)), 0)::bigint as size from registry_import_files where org_id = $1 and import_id = $2",
      [orgId, importId],
    );
    if ((rows[0]?.size ?? 0) > MAX_UPLOAD_BYTES) {
      throw new ApiError("too_large", `An upload has at most ${MAX_UPLOAD_BYTES / 1024 / 1024} MB`);
    }
    return this.find(orgIds, importId);
  }

  /** All files are there: the import begins. @throws ApiError 404, 409 */
  async begin(orgIds: readonly string[], importId: string): Promise<ImportRecord> {
    const { orgId } = await this.#receiving(orgIds, importId);
    await this.#db.query(
      "update registry_imports set state = 'queued', updated_at_ms = $3 where org_id = $1 and import_id = $2 and state = 'receiving'",
      [orgId, importId, Date.now()],
    );
    await this.#db.notify(TOPIC);
    return this.find(orgIds, importId);
  }

  /** @throws ApiError 404 */
  async find(orgIds: readonly string[], importId: string): Promise<ImportRecord> {
    const { rows } = await sql<ImportRow>`select ${IMPORT_COLUMNS} from registry_imports
      where org_id = any(${[...orgIds]}) and import_id = ${importId}`.execute(this.#db.kysely);
    if (!rows[0]) throw notFound(`Import ${importId}`);
    return importOf(rows[0]);
  }

  /** Imports of these workspaces, newest first. */
  async list(orgIds: readonly string[], page: PageRequest): Promise<Page<ImportRecord>> {
    const found = await selectPage<ImportRow>(this.#db.kysely, {
      ...{ columns: IMPORT_COLUMNS, from: sql`registry_imports`, page, direction: "desc" },
      where: sql`registry_imports.org_id = any(${[...orgIds]})`,
      id: sql`registry_imports.import_id`,
      sort: sql`registry_imports.created_at_ms`,
    });
    return { ...found, rows: found.rows.map(importOf) };
  }

  /** What became of the files of an import, by path. @throws ApiError 404 */
  async items(
    orgIds: readonly string[],
    importId: string,
    query: { page: PageRequest; outcome?: ItemOutcome | undefined },
  ): Promise<Page<ImportItem>> {
    const { orgId } = await this.find(orgIds, importId);
    const ofOutcome = query.outcome === undefined ? sql`true` : sql`outcome = ${query.outcome}`;
    return selectPage<ImportItem>(this.#db.kysely, {
      columns: sql`path, outcome, component_id as "componentId", key, version, reason`,
      from: sql`registry_import_items`,
      where: sql`org_id = ${orgId} and import_id = ${importId} and ${ofOutcome}`,
      ...{ id: sql`path`, sort: sql`path`, direction: "asc", page: query.page },
    });
  }

  /** Removes an import and what it remembers; what it loaded stays. One under way stops soon. @throws ApiError 404 */
  async remove(orgIds: readonly string[], importId: string): Promise<void> {
    const { rowCount } = await this.#db.query(
      "delete from registry_imports where org_id = any($1) and import_id = $2",
      [[...orgIds], importId],
    );
    if (rowCount === 0) throw notFound(`Import ${importId}`);
  }

  /** Works through what is claimable, one import at a time; returns at once. */
  work(): void {
    if (this.#stopping.signal.aborted) return;
    this.#isAskedAgain = true;
    this.#working ??= this.#workAll()
      .catch((error: unknown) => this.#retryLater(error))
      .finally(() => {
        this.#working = null;
      });
  }

  async #workAll(): Promise<void> {
    while (this.#isAskedAgain && !this.#stopping.signal.aborted) {
      this.#isAskedAgain = false;
      await this.#options.node.fresh();
      const claim = await claimImport(this.#db, this.#options.node);
      if (!claim) continue;
      this.#isAskedAgain = true;
      await this.#workOn(claim);
    }
  }

  async #workOn(claim: ClaimedImport): Promise<void> {
    const { importId } = claim.record;
    try {
      await runImport(this.#options, claim, this.#stopping.signal);
    } catch (error) {
      if (error instanceof ClaimLostError) return;
      if (this.#stopping.signal.aborted) {
        await this.#giveBack(claim);
        return;
      }
      const attempt = (this.#attempts.get(importId) ?? 0) + 1;
      this.#attempts.set(importId, attempt);
      if (isFinal(error) || attempt >= ATTEMPTS) {
        await noteImport(this.#db, claim, { state: "failed", error: reasonOf(error) });
        if (!isFinal(error)) this.#options.onError(error);
      } else {
        await this.#giveBack(claim);
        throw error;
      }
    }
    this.#attempts.delete(importId);
  }

  async #giveBack(claim: ClaimedImport): Promise<void> {
    await noteImport(this.#db, claim, { state: "queued" }).catch((error: unknown) => this.#options.onError(error));
  }

  #retryLater(error: unknown): void {
    this.#options.onError(error);
    if (this.#retryTimer) clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => this.work(), RETRY_AFTER_MS).unref();
  }

  async #receiving(orgIds: readonly string[], importId: string): Promise<ImportRecord> {
    const record = await this.find(orgIds, importId);
    if (record.state === "receiving") return record;
    throw new ApiError("conflict", `The import ${importId} takes no more files: it is ${record.state}`);
  }
}

/** Trying again would not help. */
function isFinal(error: unknown): boolean {
  if (error instanceof ComponentFetchError) return error.code !== "unreachable";
  return error instanceof DependencyError && /^dependency_(not_found|refused)$/.test(error.code);
}

function reasonOf(error: unknown): string {
  const isTold = error instanceof ComponentFetchError || error instanceof DependencyError || error instanceof ApiError;
  return isTold ? error.message : "An internal fault; the log of the server says more";
}
