import { ApiError, newId, notFound, type UserPrincipal } from "../core/index.ts";
import type { Database } from "../db/index.ts";

/** A row of `workspaces`. */
export interface WorkspaceRow {
  org_id: string;
  orgname: string;
  name: string;
  email: string;
  created_at_ms: number;
  /** Set while what is left of it is being taken down. */
  deleted_at_ms: number | null;
  /** Credits a day; null: what the instance gives everyone; 0: no quota. */
  daily_credits_quota: number | null;
}

const ATTEMPTS = 50;

/** The tenants. */
export class Workspaces {
  readonly #db: Database;
  readonly #soleReason: string | null;

  /** `soleReason`: why there can be one workspace only. */
  constructor(options: { db: Database; soleReason: string | null }) {
    this.#db = options.db;
    this.#soleReason = options.soleReason;
  }

  /** False: the instance cannot keep a further workspace apart, and would not start again with it. */
  get takesMore(): boolean {
    return this.#soleReason === null;
  }

  /** Ids of all workspaces of the instance, the oldest first: for the instance's own decisions, never for a caller. */
  async listInstanceWide(options: { limit: number }): Promise<string[]> {
    const { rows } = await this.#db.query<{ org_id: string }>(
      "select org_id from workspaces where deleted_at_ms is null order by created_at_ms, org_id limit $1",
      [options.limit],
    );
    return rows.map((row) => row.org_id);
  }

  /** @throws ApiError 404 */
  async find(orgIds: readonly string[], orgId: string): Promise<WorkspaceRow> {
    const row = orgIds.includes(orgId)
      ? await this.#db.kysely.selectFrom("workspaces").selectAll().where("org_id", "=", orgId).executeTakeFirst()
      : undefined;
    if (!row) throw notFound(`Workspace ${orgId}`);
    return row;
  }

  /** Gives a workspace another name; its orgname stays. @throws ApiError 404 */
  async rename(orgId: string, name: string): Promise<WorkspaceRow> {
    const row = await this.#db.kysely
      .updateTable("workspaces")
      .set({ name })
      .where("org_id", "=", orgId)
      .returningAll()
      .executeTakeFirst();
    if (!row) throw notFound(`Workspace ${orgId}`);
    return row;
  }

  /**
   * Makes a workspace that the user owns. The caller must then tell `ApiKeys.membershipsChanged`.
   * @throws ApiError 403 for a key that was made for one workspace; 409 where there can be one only
   */
  create(owner: UserPrincipal, name: string): Promise<WorkspaceRow> {
    if (owner.keyOrgId !== null) throw new ApiError("forbidden", "An API key of one workspace cannot make another");
    return this.createFor(owner.userId, name);
  }

  /** Makes a workspace that the user owns. @throws ApiError 409 where there can be one only */
  async createFor(userId: string, name: string): Promise<WorkspaceRow> {
    if (this.#soleReason !== null) {
      const remedy = "The operator can install bubblewrap, or set MILLRACE_SANDBOX_ALLOW_SHARED=1";
      throw new ApiError("conflict", `This instance takes one workspace only. ${this.#soleReason}. ${remedy}`);
    }
    const user = await this.#db.kysely
      .selectFrom("users")
      .select("email")
      .where("user_id", "=", userId)
      .executeTakeFirstOrThrow();
    const slug = slugOf(name);
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const orgname = attempt === 1 ? slug : `${slug}-${attempt}`;
      const times = { created_at_ms: Date.now(), deleted_at_ms: null, daily_credits_quota: null };
      const row = { org_id: newId("workspace"), orgname, name, email: user.email, ...times };
      if (await this.#insert(row, userId)) return row;
    }
    throw new ApiError("conflict", `Too many workspaces are called ${name}`);
  }

  /** False when the orgname is taken. */
  #insert(row: WorkspaceRow, userId: string): Promise<boolean> {
    return this.#db.transaction(async (trx) => {
      const inserted = await trx
        .insertInto("workspaces")
        .values(row)
        .onConflict((conflict) => conflict.column("orgname").doNothing())
        .returning("org_id")
        .executeTakeFirst();
      if (!inserted) return false;
      const { org_id, created_at_ms } = row;
      await trx.insertInto("memberships").values({ org_id, user_id: userId, role: "owner", created_at_ms }).execute();
      return true;
    });
  }
}

function slugOf(name: string): string {
  const slug = name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 60);
  return slug === "" ? "workspace" : slug;
}
