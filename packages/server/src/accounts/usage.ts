import { sql, type RawBuilder } from "kysely";
import { notFound, QUOTAS_TOPIC, usageDay } from "../core/index.ts";
import { notifyWithin, type Database } from "../db/index.ts";
import type { WorkspaceRow } from "./workspaces.ts";

/** A workspace as replies show it. A quota of 0 is none. */
export interface Workspace {
  id: string;
  orgname: string;
  name: string;
  email: string;
  daily_credits_quota: number;
  daily_credits_used: number;
}

/** A row of `workspaces` with what it has used today. */
export interface ShownWorkspaceRow extends WorkspaceRow {
  daily_credits_used: number;
}

/** UTC days, both included. */
export interface DayRange {
  from: string;
  to: string;
}

/** What a workspace used on one UTC day. */
export interface UsageDay {
  day: string;
  credits: number;
  compute_ms: number;
  workflow_segments: number;
  source_runs: number;
}

const RETENTION_MS = 400 * 24 * 3_600_000;

/** SQL: the columns of `workspaces` with what each used today. */
export function shownColumns(nowMs: number): RawBuilder<unknown> {
  return sql`workspaces.*, (select coalesce(sum(credits), 0)::bigint from usage_days
    where usage_days.org_id = workspaces.org_id and day = ${usageDay(nowMs)}) as daily_credits_used`;
}

export function dayRange(nowMs: number): DayRange {
  return { from: usageDay(nowMs), to: usageDay(nowMs) };
}

/** Reads what workspaces used; it is counted in the commits that end the work. */
export class Usage {
  readonly #db: Database;
  readonly #defaultQuota: number;

  constructor(options: { db: Database; dailyCreditsQuota: number }) {
    this.#db = options.db;
    this.#defaultQuota = options.dailyCreditsQuota;
  }

  shown(row: ShownWorkspaceRow): Workspace {
    return {
      id: row.org_id,
      orgname: row.orgname,
      name: row.name,
      email: row.email,
      daily_credits_quota: this.quotaOf(row),
      daily_credits_used: row.daily_credits_used,
    };
  }

  /** Credits a day; 0: no quota. */
  quotaOf(row: WorkspaceRow): number {
    return row.daily_credits_quota ?? this.#defaultQuota;
  }

  /**
   * Gives a workspace a quota of its own; null: what the instance gives every workspace; 0: none. All nodes hear of it.
   * @throws ApiError 404
   */
  async setQuota(orgId: string, dailyCreditsQuota: number | null): Promise<WorkspaceRow> {
    return this.#db.transaction(async (trx) => {
      const row = await trx
        .updateTable("workspaces")
        .set({ daily_credits_quota: dailyCreditsQuota })
        .where("org_id", "=", orgId)
        .returningAll()
        .executeTakeFirst();
      if (!row) throw notFound(`Workspace ${orgId}`);
      await notifyWithin(trx, { topic: QUOTAS_TOPIC, payload: orgId });
      return row;
    });
  }

  /** A workspace with what it has used today. */
  async describe(row: WorkspaceRow): Promise<Workspace> {
    const { credits } = await this.total([row.org_id], dayRange(Date.now()));
    return this.shown({ ...row, daily_credits_used: credits });
  }

  /** All that workspaces used on some days. */
  async total(orgIds: readonly string[], { from, to }: DayRange) {
    const { rows } = await this.#db.query<{ credits: number; compute_ms: number; invocations: number }>(
      `select coalesce(sum(credits), 0)::bigint as credits, coalesce(sum(compute_ms), 0)::bigint as compute_ms,
         coalesce(sum(workflow_segments + source_runs), 0)::bigint as invocations
       from usage_days where org_id = any($1) and day between $2 and $3`,
      [[...orgIds], from, to],
    );
    const [sum] = rows;
    return { credits: sum?.credits ?? 0, computeMs: sum?.compute_ms ?? 0, invocations: sum?.invocations ?? 0 };
  }

  /** Day by day, the oldest first; days without any use are left out. */
  async days(orgId: string, { from, to }: DayRange): Promise<UsageDay[]> {
    const { rows } = await this.#db.query<UsageDay>(
      `select day, sum(credits)::bigint as credits, sum(compute_ms)::bigint as compute_ms,
         sum(workflow_segments)::bigint as workflow_segments, sum(source_runs)::bigint as source_runs
       from usage_days where org_id = $1 and day between $2 and $3 group by day order by day`,
      [orgId, from, to],
    );
    return rows;
  }

  /** Forgets days that nobody asks for any more. */
  async prune(nowMs: number): Promise<void> {
    const before = usageDay(nowMs - RETENTION_MS);
    await this.#db.query("delete from usage_days where day < $1", [before]);
    await this.#db.query("delete from quota_notices where day < $1", [before]);
  }
}
