import { sql } from "kysely";
import { newId, principalId, type Page, type PageRequest, type Principal } from "../core/index.ts";
import { selectPage, type Database, type Schema } from "../db/index.ts";
import { workspaceOfNamed } from "./workspace-of.ts";

/** What is told besides the operations that change something, which are told under their own ids. */
export type AuditEvent =
  | "account.connected"
  | "account.reconnected"
  | "account.credentials_read"
  | "user.logged_in"
  | "user.signed_up"
  | "user.joined"
  | "user.password_set"
  | "user.deleted";

/** One of these, or the id of an operation. */
export type AuditAction = AuditEvent | (string & {});

/** Who did it, and from where. */
export interface Actor {
  principal: Principal;
  ip: string;
}

/** Short facts about what was done, such as the new role: never a secret, never what somebody typed at length. */
export type AuditDetails = Readonly<Record<string, string>>;

export interface AuditEntry {
  orgId: string;
  action: AuditAction;
  /** Id of what it was done to. */
  subject: string;
  details?: AuditDetails;
}

/** Something that a user did as a person: told in each workspace that the user belongs to. */
export interface UserAuditEntry {
  userId: string;
  /** Id of the key or session; null: none. */
  credentialId: string | null;
  ip: string;
  action: AuditAction;
  subject?: string;
  details?: AuditDetails;
}

type AuditRow = Schema["audit_log"];

/** A row as its readers see it: with the actor's name, while there is one. */
export type ShownAuditRow = AuditRow & { actor_name: string | null };

export interface AuditFilter {
  action?: string;
  actor?: string;
  subject?: string;
  sinceMs?: number;
  untilMs?: number;
}

const PRUNED_AT_ONCE = 10_000;
const PRUNE = `delete from audit_log where ctid in (
  select ctid from audit_log where at_ms < $1 limit ${PRUNED_AT_ONCE})`;

/**
 * The record of who changed what, and who looked at secrets, per workspace. An entry is on disk before the caller gets
 * its answer; entries that arrive while others are being written share the next statement.
 */
export class AuditLog {
  readonly #db: Database;
  #waiting: AuditRow[] = [];
  #current: Promise<unknown> = Promise.resolve();
  #next: Promise<unknown> | null = null;

  constructor(options: { db: Database }) {
    this.#db = options.db;
  }

  async record(actor: Actor, entries: readonly AuditEntry[]): Promise<void> {
    const { principal, ip } = actor;
    const by = { actor: principalId(principal), ip, credential_id: credentialOf(principal), at_ms: Date.now() };
    await this.#write(
      entries.map(({ orgId, action, subject, details }) => ({
        ...{ org_id: orgId, audit_id: newId("audit"), action, subject, ...by },
        details: details ? JSON.stringify(details) : null,
      })),
    );
  }

  async recordOfUser(entry: UserAuditEntry): Promise<void> {
    const memberships = await this.#db.kysely
      .selectFrom("memberships")
      .select("org_id")
      .where("user_id", "=", entry.userId)
      .execute();
    const { userId, credentialId, action, ip, details } = entry;
    const told = { action, ip, credential_id: credentialId, details: details ? JSON.stringify(details) : null };
    await this.#write(
      memberships.map(({ org_id }) => ({
        ...{ org_id, audit_id: newId("audit"), at_ms: Date.now(), actor: userId, ...told },
        subject: entry.subject ?? userId,
      })),
    );
  }

  /** Which of these workspaces something belongs to that a request's input names; null: none of them. */
  workspaceOf(orgIds: readonly string[], input: Readonly<Record<string, unknown>>): Promise<string | null> {
    return workspaceOfNamed(this.#db, orgIds, input);
  }

  /** The entries of a workspace, newest first. @throws ApiError 400 */
  list(orgId: string, filter: AuditFilter, page: PageRequest): Promise<Page<ShownAuditRow>> {
    const { action, actor, subject, sinceMs, untilMs } = filter;
    const conditions = [
      sql`a.org_id = ${orgId}`,
      ...(action === undefined ? [] : [sql`a.action = ${action}`]),
      ...(actor === undefined ? [] : [sql`a.actor = ${actor}`]),
      ...(subject === undefined ? [] : [sql`a.subject = ${subject}`]),
      ...(sinceMs === undefined ? [] : [sql`a.at_ms >= ${sinceMs}`]),
      ...(untilMs === undefined ? [] : [sql`a.at_ms < ${untilMs}`]),
    ];
    return selectPage<ShownAuditRow>(this.#db.kysely, {
      columns: sql`a.*, coalesce(u.email, c.name) as actor_name`,
      from: sql`audit_log a left join users u on u.user_id = a.actor
        left join oauth_clients c on c.org_id = a.org_id and c.client_id = a.actor`,
      where: sql.join(conditions, sql` and `),
      id: sql`a.audit_id`,
      sort: sql`a.at_ms`,
      direction: "desc",
      page,
    });
  }

  /** Forgets what is older than its time, in portions. */
  async prune(olderThanMs: number): Promise<void> {
    for (;;) {
      const { rowCount } = await this.#db.query(PRUNE, [olderThanMs]);
      if ((rowCount ?? 0) < PRUNED_AT_ONCE) return;
    }
  }

  #write(rows: readonly AuditRow[]): Promise<unknown> {
    if (rows.length === 0) return Promise.resolve();
    this.#waiting.push(...rows);
    this.#next ??= this.#current.then(
      () => this.#flush(),
      () => this.#flush(),
    );
    return this.#next;
  }

  #flush(): Promise<unknown> {
    const rows = this.#waiting;
    this.#waiting = [];
    this.#next = null;
    this.#current = this.#db.kysely.insertInto("audit_log").values(rows).execute();
    return this.#current;
  }
}

function credentialOf(principal: Principal): string {
  return principal.kind === "user" ? principal.credential.id : principal.clientId;
}
