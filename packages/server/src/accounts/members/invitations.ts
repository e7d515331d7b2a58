import type { Role } from "@millrace/contract";
import { sql, type Transaction } from "kysely";
import { ApiError, newId, notFound, randomBase62, type Page, type PageRequest } from "../../core/index.ts";
import { selectPage, type Database, type Schema } from "../../db/index.ts";
import type { Mailer } from "../../egress/index.ts";
import type { ApiKeys } from "../api-keys.ts";
import { secretHash } from "../secret-hash.ts";

export interface InvitationRow {
  org_id: string;
  invitation_id: string;
  email: string;
  role: Role;
  invited_by: string | null;
  created_at_ms: number;
  expires_at_ms: number;
}

/** An invitation as the invited see it. */
export interface ShownInvitation extends InvitationRow {
  workspace_name: string;
  invited_by_email: string | null;
  /** There is an account with this email: log in rather than sign up. */
  has_account: boolean;
}

export interface NewInvitation {
  orgId: string;
  email: string;
  role: Role;
  invitedBy: string;
  byRole: Role;
  /** Absent: a week. */
  forMs?: number;
}

export interface InvitationsOptions {
  db: Database;
  apiKeys: ApiKeys;
  /** Null: links are handed over by whoever made them. */
  mailer: Mailer | null;
  publicUrl: string;
  onError(error: unknown): void;
}

const WEEK_MS = 7 * 24 * 3_600_000;
const TOKEN_LENGTH = 43;
const COLUMNS = sql`org_id, invitation_id, email, role, invited_by, created_at_ms, expires_at_ms`;

/**
 * Invitations to a workspace, for one email each: a link that works once and for a time. A new one for the same email takes
 * the place of the former.
 */
export class Invitations {
  readonly #options: InvitationsOptions;

  constructor(options: InvitationsOptions) {
    this.#options = options;
  }

  /**
   * Makes the link (it is in this reply and in the mail only) and mails it when mail goes out.
   * @throws ApiError 403 when an admin invites an owner, 409 for a member
   */
  async create(wanted: NewInvitation): Promise<{ row: InvitationRow; url: string; isMailed: boolean }> {
    const { orgId, role, invitedBy } = wanted;
    const email = wanted.email.toLowerCase();
    if (role === "owner" && wanted.byRole !== "owner")
      throw new ApiError("forbidden", "Only an owner can invite an owner");
    if (await this.#isMember(orgId, email)) throw new ApiError("conflict", `${email} is a member already`);
    const token = randomBase62(TOKEN_LENGTH);
    const nowMs = Date.now();
    const row: InvitationRow = {
      ...{ org_id: orgId, invitation_id: newId("invitation"), email, role, invited_by: invitedBy },
      ...{ created_at_ms: nowMs, expires_at_ms: nowMs + (wanted.forMs ?? WEEK_MS) },
    };
    await this.#options.db.transaction(async (trx) => {
      await trx.deleteFrom("invitations").where("org_id", "=", orgId).where("email", "=", email).execute();
      await trx
        .insertInto("invitations")
        .values({ ...row, token_hash: secretHash(token) })
        .execute();
    });
    const url = `${this.#options.publicUrl}/invite#${token}`;
    return { row, url, isMailed: await this.#mail(token, url) };
  }

  /** Those that were neither accepted nor revoked, the expired included; newest first. */
  list(orgId: string, page: PageRequest): Promise<Page<InvitationRow>> {
    return selectPage<InvitationRow>(this.#options.db.kysely, {
      columns: COLUMNS,
      from: sql`invitations`,
      where: sql`org_id = ${orgId}`,
      id: sql`invitation_id`,
      sort: sql`created_at_ms`,
      direction: "desc",
      page,
    });
  }

  /** @throws ApiError 404 */
  async revoke(orgId: string, invitationId: string): Promise<void> {
    const revoked = await this.#options.db.kysely
      .deleteFrom("invitations")
      .where("org_id", "=", orgId)
      .where("invitation_id", "=", invitationId)
      .returning("invitation_id")
      .executeTakeFirst();
    if (!revoked) throw notFound(`Invitation ${invitationId}`);
  }

  /** What a link leads to. @throws ApiError 404 for one that is used, revoked, expired or not ours */
  async describe(token: string): Promise<ShownInvitation> {
    const { rows } = await this.#options.db.query<ShownInvitation>(
      `select i.org_id, i.invitation_id, i.email, i.role, i.invited_by, i.created_at_ms, i.expires_at_ms,
         w.name as workspace_name, b.email as invited_by_email,
         exists (select 1 from users u where lower(u.email) = lower(i.email)) as has_account
       from invitations i join workspaces w on w.org_id = i.org_id left join users b on b.user_id = i.invited_by
       where i.token_hash = $1 and i.expires_at_ms > $2 and w.deleted_at_ms is null`,
      [secretHash(token), Date.now()],
    );
    const [row] = rows;
    if (!row) throw linkIsDead();
    return row;
  }

  /** Makes a logged-in user a member. @throws ApiError 403 for somebody else's invitation, 404 */
  async accept(userId: string, token: string): Promise<ShownInvitation> {
    const invitation = await this.describe(token);
    const user = await this.#options.db.kysely
      .selectFrom("users")
      .select("email")
      .where("user_id", "=", userId)
      .executeTakeFirstOrThrow();
    if (user.email.toLowerCase() !== invitation.email) {
      const message = `This invitation is for ${invitation.email}; log in with that email, or ask for another`;
      throw new ApiError("forbidden", message);
    }
    await this.#options.db.transaction((trx) => this.join(trx, { userId, invitation }));
    await this.#options.apiKeys.membershipsChanged(userId);
    return invitation;
  }

  /** Uses an invitation up; a member keeps the role that they have. @throws ApiError 404 when somebody was faster */
  async join(
    trx: Transaction<Schema>,
    { userId, invitation }: { userId: string; invitation: Pick<InvitationRow, "org_id" | "invitation_id" | "role"> },
  ): Promise<void> {
    const { org_id, invitation_id, role } = invitation;
    const used = await trx
      .deleteFrom("invitations")
      .where("org_id", "=", org_id)
      .where("invitation_id", "=", invitation_id)
      .returning("invitation_id")
      .executeTakeFirst();
    if (!used) throw linkIsDead();
    const membership = { org_id, user_id: userId, role, created_at_ms: Date.now() };
    await trx
      .insertInto("memberships")
      .values(membership)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }

  /** All open invitations of an email that is known to be its user's. */
  async openFor(trx: Transaction<Schema>, email: string): Promise<InvitationRow[]> {
    const { rows } = await sql<InvitationRow>`select ${COLUMNS} from invitations
      where lower(email) = lower(${email}) and expires_at_ms > ${Date.now()}`.execute(trx);
    return rows;
  }

  /** Removes those that expired a month ago: until then lists show that nobody came. */
  async prune(nowMs: number): Promise<void> {
    const expiredBefore = nowMs - 4 * WEEK_MS;
    await this.#options.db.kysely.deleteFrom("invitations").where("expires_at_ms", "<", expiredBefore).execute();
  }

  async #isMember(orgId: string, email: string): Promise<boolean> {
    const { rows } = await this.#options.db.query(
      `select 1 from memberships m join users u on u.user_id = m.user_id
       where m.org_id = $1 and lower(u.email) = lower($2)`,
      [orgId, email],
    );
    return rows.length > 0;
  }

  async #mail(token: string, url: string): Promise<boolean> {
    const { mailer, onError } = this.#options;
    if (!mailer) return false;
    const { email, workspace_name: workspace, invited_by_email: by } = await this.describe(token);
    const text = `${by ?? "Somebody"} invites you to the workspace "${workspace}" on Millrace:\n\n${url}\n`;
    try {
      await mailer.send({ to: email, subject: `Join ${workspace} on Millrace`, text });
      return true;
    } catch (error) {
      onError(error);
      return false;
    }
  }
}

function linkIsDead(): ApiError {
  return new ApiError("not_found", "This invitation was used or revoked, or has expired; ask for another");
}
