import type { Role } from "@millrace/contract";
import { sql, type Transaction } from "kysely";
import { ApiError, notFound, type Page, type PageRequest } from "../../core/index.ts";
import { selectPage, type Database, type Schema } from "../../db/index.ts";
import type { ApiKeys } from "../api-keys.ts";

export interface MemberRow {
  user_id: string;
  username: string;
  email: string;
  role: Role;
  created_at_ms: number;
}

/** A change of one member by another. */
export interface MemberChange {
  orgId: string;
  /** Role of whoever makes the change; at least admin. */
  byRole: Role;
  userId: string;
}

/**
 * Who belongs to a workspace. Only owners make, change or remove owners, and the last owner can neither go nor become
 * anything less.
 */
export class Members {
  readonly #db: Database;
  readonly #apiKeys: ApiKeys;

  constructor(options: { db: Database; apiKeys: ApiKeys }) {
    this.#db = options.db;
    this.#apiKeys = options.apiKeys;
  }

  /** Newest first. */
  list(orgId: string, page: PageRequest): Promise<Page<MemberRow>> {
    return selectPage<MemberRow>(this.#db.kysely, {
      columns: sql`u.user_id, u.username, u.email, m.role, m.created_at_ms`,
      from: sql`memberships m join users u on u.user_id = m.user_id`,
      where: sql`m.org_id = ${orgId}`,
      id: sql`u.user_id`,
      sort: sql`m.created_at_ms`,
      direction: "desc",
      page,
    });
  }

  /** @throws ApiError 403 when an owner is needed, 404, 409 for the last owner */
  async changeRole(change: MemberChange, role: Role): Promise<MemberRow> {
    const { orgId, userId } = change;
    await this.#db.transaction(async (trx) => {
      await assertMayChange(trx, { ...change, becomes: role });
      await trx
        .updateTable("memberships")
        .set({ role })
        .where("org_id", "=", orgId)
        .where("user_id", "=", userId)
        .execute();
    });
    await this.#apiKeys.membershipsChanged(userId);
    return this.#find(orgId, userId);
  }

  /** @throws ApiError 403 when an owner is needed, 404, 409 for the last owner */
  async remove(change: MemberChange): Promise<void> {
    const { orgId, userId } = change;
    await this.#db.transaction(async (trx) => {
      await assertMayChange(trx, { ...change, becomes: null });
      await trx.deleteFrom("memberships").where("org_id", "=", orgId).where("user_id", "=", userId).execute();
    });
    await this.#apiKeys.membershipsChanged(userId);
  }

  async #find(orgId: string, userId: string): Promise<MemberRow> {
    const { rows } = await sql<MemberRow>`select u.user_id, u.username, u.email, m.role, m.created_at_ms
      from memberships m join users u on u.user_id = m.user_id
      where m.org_id = ${orgId} and m.user_id = ${userId}`.execute(this.#db.kysely);
    const [row] = rows;
    if (!row) throw notFound(`Member ${userId}`);
    return row;
  }
}

async function assertMayChange(
  trx: Transaction<Schema>,
  { orgId, byRole, userId, becomes }: MemberChange & { becomes: Role | null },
): Promise<void> {
  // All owners are locked, so that two of them cannot go at the same moment.
  const members = await trx
    .selectFrom("memberships")
    .select(["user_id", "role"])
    .where("org_id", "=", orgId)
    .where((where) => where.or([where("role", "=", "owner"), where("user_id", "=", userId)]))
    .orderBy("user_id")
    .forUpdate()
    .execute();
  const member = members.find(({ user_id: id }) => id === userId);
  if (!member) throw notFound(`Member ${userId}`);
  const concernsOwner = member.role === "owner" || becomes === "owner";
  if (concernsOwner && byRole !== "owner") throw new ApiError("forbidden", "Only an owner can make or change an owner");
  const owners = members.filter(({ role }) => role === "owner");
  if (member.role === "owner" && becomes !== "owner" && owners.length === 1) {
    throw new ApiError("conflict", "This is the workspace's last owner; make somebody else an owner first");
  }
}
