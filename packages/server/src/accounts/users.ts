import { sql } from "kysely";
import { notFound, type Page, type PageRequest, type Principal } from "../core/index.ts";
import { selectPage, type Database } from "../db/index.ts";
import { workspaceOf, type Workspace, type WorkspaceRow } from "./workspaces.ts";

/** What `GET /users/me` shows. A self-hosted instance has no quotas: the numbers are there for clients that read them. */
export interface CurrentUser {
  id: string;
  username: string;
  email: string;
  daily_compute_time_quota: number;
  daily_compute_time_used: number;
  daily_invocations_quota: number;
  daily_invocations_used: number;
  orgs: Workspace[];
}

/** People and the workspaces they belong to. */
export class Users {
  readonly #db: Database;

  constructor(options: { db: Database }) {
    this.#db = options.db;
  }

  /** The user behind a token. @throws ApiError 404 for a caller that is no user. */
  async describe(principal: Principal): Promise<CurrentUser> {
    const userId = principal.kind === "user" ? principal.userId : "";
    const [user, workspaces] = await Promise.all([
      this.#db.kysely.selectFrom("users").selectAll().where("user_id", "=", userId).executeTakeFirst(),
      this.#db.kysely
        .selectFrom("workspaces")
        .selectAll()
        .where("org_id", "in", principal.orgIds.length > 0 ? principal.orgIds : [""])
        .orderBy("created_at_ms")
        .orderBy("org_id")
        .execute(),
    ]);
    if (!user) throw notFound("User");
    return {
      id: user.user_id,
      username: user.username,
      email: user.email,
      daily_compute_time_quota: 0,
      daily_compute_time_used: 0,
      daily_invocations_quota: 0,
      daily_invocations_used: 0,
      orgs: workspaces.map(workspaceOf),
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
