import { sql } from "kysely";
import { notFound, type Page, type PageRequest, type Principal } from "../core/index.ts";
import { selectPage, type Database } from "../db/index.ts";
import { workspaceOf, type Workspace, type WorkspaceRow } from "./workspaces.ts";

interface UserName {
  id: string;
  username: string;
  email: string;
}

/** A user on the free plan. A self-hosted instance has no quotas: the numbers are there for clients that read them. */
export interface FreeUser extends UserName {
  daily_compute_time_quota: number;
  daily_compute_time_used: number;
  daily_invocations_quota: number;
  daily_invocations_used: number;
  orgs: Workspace[];
}

/** A user on a paid plan; the billing period is the calendar month in UTC. */
export interface PaidUser extends UserName {
  billing_period_start_ts: number;
  billing_period_end_ts: number;
  billing_period_credits: number;
}

/** What `GET /users/me` shows. */
export type CurrentUser = FreeUser | PaidUser;

export interface UsersOptions {
  db: Database;
  /** Which shape `describe` answers, for clients that expect one; `free` when absent. */
  plan?: "free" | "paid";
}

/** People and the workspaces they belong to. */
export class Users {
  readonly #db: Database;
  readonly #plan: "free" | "paid";

  constructor(options: UsersOptions) {
    this.#db = options.db;
    this.#plan = options.plan ?? "free";
  }

  /** The user behind a token. @throws ApiError 404 for a caller that is no user. */
  async describe(principal: Principal): Promise<CurrentUser> {
    const userId = principal.kind === "user" ? principal.userId : "";
    const user = await this.#db.kysely
      .selectFrom("users")
      .select(["user_id as id", "username", "email"])
      .where("user_id", "=", userId)
      .executeTakeFirst();
    if (!user) throw notFound("User");
    if (this.#plan === "paid") return { ...user, ...billingPeriod(new Date()) };
    const { rows } = await this.#db.query<WorkspaceRow>(
      "select * from workspaces where org_id = any($1) order by created_at_ms, org_id",
      [[...principal.orgIds]],
    );
    return {
      ...user,
      daily_compute_time_quota: 0,
      daily_compute_time_used: 0,
      daily_invocations_quota: 0,
      daily_invocations_used: 0,
      orgs: rows.map(workspaceOf),
    };
  }

  /** The workspaces that a caller may see, newest first. */
  listWorkspaces(orgIds: readonly string[], page: PageRequest): Promise<Page<WorkspaceRow>> {
    return selectPage<WorkspaceRow>(this.#db.kysely, {
      columns: sql`*`,
      from: sql`workspaces`,
      where: sql`org_id = any(${[...orgIds]})`,
      id: sql`org_id`,
      sort: sql`created_at_ms`,
      direction: "desc",
      page,
    });
  }
}

function billingPeriod(now: Date) {
  const monthStart = (offset: number): number => Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + offset) / 1000;
  return { billing_period_start_ts: monthStart(0), billing_period_end_ts: monthStart(1), billing_period_credits: 0 };
}
