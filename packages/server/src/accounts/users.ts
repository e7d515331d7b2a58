import { sql } from "kysely";
import {
  ApiError,
  billingPeriod,
  invalidInput,
  notFound,
  usageDay,
  type Page,
  type PageRequest,
  type Principal,
} from "../core/index.ts";
import { selectPage, type Database } from "../db/index.ts";
import { dayRange, shownColumns, type ShownWorkspaceRow, type Usage, type Workspace } from "./usage.ts";

interface UserName {
  id: string;
  username: string;
  email: string;
}

/** A user on the free plan: what all workspaces used today that the token reaches. A quota of 0 is none. */
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
  usage: Usage;
  /** Which shape `describe` answers, for clients that expect one; `free` when absent. */
  plan?: "free" | "paid";
}

/** People and the workspaces they belong to. */
export class Users {
  readonly #db: Database;
  readonly #usage: Usage;
  readonly #plan: "free" | "paid";

  constructor(options: UsersOptions) {
    this.#db = options.db;
    this.#usage = options.usage;
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
    if (this.#plan === "paid") return { ...user, ...(await this.#billing(principal.orgIds)) };
    const nowMs = Date.now();
    const { rows } = await sql<ShownWorkspaceRow>`select ${shownColumns(nowMs)} from workspaces
      where org_id = any(${[...principal.orgIds]}) order by created_at_ms, org_id`.execute(this.#db.kysely);
    const used = await this.#usage.total(principal.orgIds, dayRange(nowMs));
    return {
      ...user,
      daily_compute_time_quota: 0,
      daily_compute_time_used: used.computeMs,
      daily_invocations_quota: 0,
      daily_invocations_used: used.invocations,
      orgs: rows.map((row) => this.#usage.shown(row)),
    };
  }

  async #billing(orgIds: readonly string[]) {
    const { startMs, endMs } = billingPeriod(Date.now());
    const { credits } = await this.#usage.total(orgIds, { from: usageDay(startMs), to: usageDay(endMs - 1) });
    return {
      billing_period_start_ts: startMs / 1000,
      billing_period_end_ts: endMs / 1000,
      billing_period_credits: credits,
    };
  }

  /** A user with a role in each workspace: what a page needs to begin with. */
  async describeWithRoles(userId: string) {
    const user = await this.#db.kysely
      .selectFrom("users")
      .select(["user_id", "username", "email", "password_hash"])
      .where("user_id", "=", userId)
      .executeTakeFirst();
    if (!user) throw notFound("User");
    const workspaces = await this.#db.kysely
      .selectFrom("memberships as m")
      .innerJoin("workspaces as w", "w.org_id", "m.org_id")
      .select(["w.org_id as id", "w.orgname", "w.name", "m.role"])
      .where("m.user_id", "=", userId)
      .orderBy("m.created_at_ms")
      .orderBy("w.org_id")
      .execute();
    const { username, email } = user;
    return { user: { id: userId, username, email, has_password: user.password_hash !== null }, workspaces };
  }

  /**
   * Checks that a user may be deleted.
   * @param confirm the user's email, against accidents
   * @throws ApiError 400, 409 for the last owner of a workspace and for the instance's only user
   */
  async assertMayGo(userId: string, confirm: string): Promise<void> {
    const { rows } = await this.#db.query<{ email: string; others: number; owned: string[] }>(
      `select email, (select count(*) from users where user_id <> $1) as others,
         (select coalesce(array_agg(w.orgname), '{}') from memberships m join workspaces w on w.org_id = m.org_id
          where m.user_id = $1 and m.role = 'owner' and not exists (
            select 1 from memberships o where o.org_id = m.org_id and o.role = 'owner' and o.user_id <> $1)) as owned
       from users where user_id = $1`,
      [userId],
    );
    const [user] = rows;
    if (!user) throw notFound("User");
    if (user.email.toLowerCase() !== confirm.toLowerCase()) {
      throw invalidInput([{ path: "confirm", message: "must be your email" }]);
    }
    if (user.others === 0) throw new ApiError("conflict", "You are the instance's only user");
    if (user.owned.length === 0) return;
    const names = user.owned.join(", ");
    throw new ApiError(
      "conflict",
      `You are the last owner of ${names}; make somebody else an owner or delete it first`,
    );
  }

  /** The caller must then tell `ApiKeys.membershipsChanged`. */
  async delete(userId: string): Promise<void> {
    await this.#db.kysely.deleteFrom("users").where("user_id", "=", userId).execute();
  }

  /** The workspaces that a caller may see, newest first. */
  listWorkspaces(orgIds: readonly string[], page: PageRequest): Promise<Page<ShownWorkspaceRow>> {
    return selectPage<ShownWorkspaceRow>(this.#db.kysely, {
      columns: shownColumns(Date.now()),
      from: sql`workspaces`,
      where: sql`org_id = any(${[...orgIds]})`,
      id: sql`org_id`,
      sort: sql`created_at_ms`,
      direction: "desc",
      page,
    });
  }
}
