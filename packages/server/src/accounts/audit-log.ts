import { newId, principalId, type Principal } from "../core/index.ts";
import type { Database } from "../db/index.ts";

export type AuditAction =
  | "account.created"
  | "account.updated"
  | "account.deleted"
  | "account.credentials_read"
  | "api_key.created"
  | "api_key.revoked"
  | "workspace.created";

/** Who did it, and from where. */
export interface Actor {
  principal: Principal;
  ip: string;
}

export interface AuditEntry {
  orgId: string;
  action: AuditAction;
  /** Id of what it was done to. */
  subject: string;
}

/** The record of who touched secrets and access, per workspace. */
export class AuditLog {
  readonly #db: Database;

  constructor(options: { db: Database }) {
    this.#db = options.db;
  }

  /** Writes entries before the caller gets its answer, in one statement. */
  async record(actor: Actor, entries: readonly AuditEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const atMs = Date.now();
    const rows = entries.map((entry) => ({
      org_id: entry.orgId,
      audit_id: newId("audit"),
      at_ms: atMs,
      actor: principalId(actor.principal),
      action: entry.action,
      subject: entry.subject,
      ip: actor.ip,
    }));
    await this.#db.kysely.insertInto("audit_log").values(rows).execute();
  }
}
