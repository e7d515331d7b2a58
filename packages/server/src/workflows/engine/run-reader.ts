import { sql, type RawBuilder } from "kysely";
import { ApiError, invalidInput, notFound, type Page, type PageRequest } from "../../core/index.ts";
import { selectPage, type Database } from "../../db/index.ts";
import { runReply, summaryReply, type RunReply, type RunSummaryReply } from "./run-reply.ts";
import { loadSteps, RUNS, stateOf, type RunRow, type RunStatus } from "./run-rows.ts";

/** Which runs of a workflow. Times are ISO 8601 or epoch milliseconds. */
export interface RunFilter {
  readonly status?: RunStatus | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** Text in errors, results or logs. */
  readonly text?: string | undefined;
}

const SEARCHED_MS = 7 * 24 * 3_600_000;

/** Reads runs, those included that have recorded nothing yet. */
export class RunReader {
  readonly #db: Database;

  constructor(options: { db: Database }) {
    this.#db = options.db;
  }

  /** Newest first. @throws ApiError 400 for a bad time, 404 for an unknown workflow */
  async list(
    orgIds: readonly string[],
    workflowId: string,
    how: { filter: RunFilter; page: PageRequest },
  ): Promise<Page<RunSummaryReply>> {
    const orgId = await this.orgOf(orgIds, workflowId);
    return this.#page(whereOf({ orgId, workflowId }, how.filter), how.page);
  }

  /** The same of all workflows of a workspace. @throws ApiError 400 for a bad time */
  listOfWorkspace(orgId: string, how: { filter: RunFilter; page: PageRequest }): Promise<Page<RunSummaryReply>> {
    return this.#page(whereOf({ orgId }, how.filter), how.page);
  }

  async #page(where: RawBuilder<unknown>, page: PageRequest): Promise<Page<RunSummaryReply>> {
    const { rows, totalCount } = await selectPage<RunRow>(this.#db.kysely, {
      columns: sql`*`,
      from: sql.raw(RUNS),
      where,
      id: sql`run_id`,
      sort: sql`started_at_ms`,
      direction: "desc",
      page,
    });
    return { rows: rows.map(summaryReply), totalCount };
  }

  /** Oldest first. @throws ApiError 400 for a bad time */
  async all(of: { orgId: string; workflowId: string }, how: { filter: RunFilter; limit: number }): Promise<RunRow[]> {
    const { rows } = await sql<RunRow>`select * from ${sql.raw(RUNS)} where ${whereOf(of, how.filter)}
      order by started_at_ms, run_id limit ${how.limit}`.execute(this.#db.kysely);
    return rows;
  }

  /** @throws ApiError 404 */
  async get(orgIds: readonly string[], runId: string): Promise<RunReply> {
    const row = await this.find(orgIds, runId);
    const [event, steps] = await Promise.all([
      this.eventOf(row),
      loadSteps(this.#db, { orgId: row.org_id, runId: row.run_id }),
    ]);
    return runReply(row, { event, steps });
  }

  /** @throws ApiError 404 */
  async find(orgIds: readonly string[], runId: string): Promise<RunRow> {
    const { rows } = await this.#db.query<RunRow>(
      `select * from ${RUNS} where org_id = any($1) and run_id = $2 limit 1`,
      [[...orgIds], runId],
    );
    const [row] = rows;
    if (!row) throw notFound(`Run ${runId}`);
    return row;
  }

  /** JSON text of the event that started it; null when it was deleted. */
  async eventOf(row: RunRow): Promise<string | null> {
    const stored = stateOf(row).trigger;
    if (stored) return stored.event;
    const { rows } = await this.#db.query<{ payload: string }>(
      "select payload from events where org_id = $1 and emitter_id = $2 and channel = $3 and event_id = $4",
      [row.org_id, row.trigger_emitter_id, row.trigger_channel, row.trigger_event_id],
    );
    return rows[0]?.payload ?? null;
  }

  /** The workspace of a workflow. @throws ApiError 404 */
  async orgOf(orgIds: readonly string[], workflowId: string): Promise<string> {
    const { rows } = await this.#db.query<{ org_id: string }>(
      "select org_id from workflows where org_id = any($1) and workflow_id = $2",
      [[...orgIds], workflowId],
    );
    const [row] = rows;
    if (!row) throw notFound(`Workflow ${workflowId}`);
    return row.org_id;
  }
}

function whereOf(of: { orgId: string; workflowId?: string }, filter: RunFilter): RawBuilder<unknown> {
  const conditions = [sql`org_id = ${of.orgId}`];
  if (of.workflowId !== undefined) conditions.push(sql`workflow_id = ${of.workflowId}`);
  if (filter.status !== undefined) conditions.push(sql`status = ${filter.status}`);
  const hasText = filter.text !== undefined && filter.text !== "";
  const sinceMs = timeOf("since", filter.since) ?? (hasText ? Date.now() - SEARCHED_MS : null);
  const untilMs = timeOf("until", filter.until);
  if (sinceMs !== null) conditions.push(sql`started_at_ms >= ${sinceMs}`);
  if (untilMs !== null) conditions.push(sql`started_at_ms < ${untilMs}`);
  if (hasText) conditions.push(holdsText(of.orgId, filter.text ?? ""));
  return sql.join(conditions, sql` and `);
}

/** The text stands in the run's error, or in what one of its steps gave or logged. */
function holdsText(orgId: string, text: string): RawBuilder<unknown> {
  const pattern = `%${text.replace(/[\\%_]/g, "\\$&")}%`;
  return sql`(error ilike ${pattern} or run_id in (select run_id from workflow_steps where org_id = ${orgId}
    and (return_value ilike ${pattern} or exports ilike ${pattern} or logs ilike ${pattern} or error ilike ${pattern})))`;
}

function timeOf(path: string, text: string | undefined): number | null {
  if (text === undefined || text === "") return null;
  const atMs = /^\d{1,15}$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isNaN(atMs))
    throw invalidInput([{ path, message: "is neither a time in ISO 8601 nor epoch milliseconds" }]);
  return atMs;
}

/** A run cannot be worked with as it stands. */
export function runConflict(message: string): ApiError {
  return new ApiError("conflict", message);
}
