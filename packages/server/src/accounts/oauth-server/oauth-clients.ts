import { sql, type Transaction } from "kysely";
import { notFound, type Page, type PageRequest } from "../../core/index.ts";
import { notifyWithin, selectPage, type Database, type Schema } from "../../db/index.ts";
import { mintClientSecret, mintOauthClient, type NewOauthClient, type OauthClientRole } from "./mint-client.ts";
import { OAUTH_TOPIC } from "./topic.ts";

/** A client as lists show it: without its secret. */
export interface OauthClientRow {
  org_id: string;
  client_id: string;
  name: string;
  role: OauthClientRole;
  scopes: string[];
  secret_hint: string;
  previous_secret_expires_at_ms: number | null;
  created_at_ms: number;
  last_used_at_ms: number | null;
}

/** One client of one workspace. */
export interface OauthClientScope {
  orgId: string;
  clientId: string;
}

const COLUMNS = sql`org_id, client_id, name, role, scopes, secret_hint, previous_secret_expires_at_ms, created_at_ms,
  last_used_at_ms`;

export interface OauthClientsOptions {
  db: Database;
  /** Makes a change count on this node before it is answered; the others hear of it when it commits. */
  onChanged(): Promise<void>;
}

/** Programs of a workspace that get access tokens. */
export class OauthClients {
  readonly #options: OauthClientsOptions;

  constructor(options: OauthClientsOptions) {
    this.#options = options;
  }

  /** Makes a client; its secret is in this reply only. */
  async create(wanted: NewOauthClient): Promise<{ secret: string; row: OauthClientRow }> {
    const { secret, row } = mintOauthClient(wanted);
    await this.#change(async (trx) => void (await trx.insertInto("oauth_clients").values(row).execute()));
    return { secret, row };
  }

  /** The clients of a workspace, newest first. */
  list(orgId: string, page: PageRequest): Promise<Page<OauthClientRow>> {
    return selectPage<OauthClientRow>(this.#options.db.kysely, {
      columns: COLUMNS,
      from: sql`oauth_clients`,
      where: sql`org_id = ${orgId} and revoked_at_ms is null`,
      id: sql`client_id`,
      sort: sql`created_at_ms`,
      direction: "desc",
      page,
    });
  }

  /**
   * Gives a client a new secret; the one before it works for `overlapMs` more, and any older one ends.
   * @throws ApiError 404
   */
  async rotateSecret(scope: OauthClientScope, overlapMs: number): Promise<{ secret: string; row: OauthClientRow }> {
    const { secret, row } = mintClientSecret();
    const endsAtMs = overlapMs === 0 ? null : Date.now() + overlapMs;
    const changed = await this.#change(async (trx) => {
      const { rows } = await sql<OauthClientRow>`update oauth_clients
        set previous_secret_hash = case when ${endsAtMs}::bigint is null then null else secret_hash end,
          previous_secret_expires_at_ms = ${endsAtMs}, secret_hash = ${row.secret_hash}, secret_hint = ${row.secret_hint}
        where org_id = ${scope.orgId} and client_id = ${scope.clientId} and revoked_at_ms is null
        returning ${COLUMNS}`.execute(trx);
      return rows[0];
    });
    if (!changed) throw notFound(`OAuth client ${scope.clientId}`);
    return { secret, row: changed };
  }

  /** Deletes a client and thereby ends its tokens. @throws ApiError 404 */
  async delete(scope: OauthClientScope): Promise<void> {
    const deleted = await this.#change((trx) =>
      trx
        .updateTable("oauth_clients")
        .set({ revoked_at_ms: Date.now() })
        .where("org_id", "=", scope.orgId)
        .where("client_id", "=", scope.clientId)
        .where("revoked_at_ms", "is", null)
        .executeTakeFirst(),
    );
    if (deleted.numUpdatedRows === 0n) throw notFound(`OAuth client ${scope.clientId}`);
  }

  /** Ends all clients of a workspace, and their tokens. */
  async deleteAll(orgId: string): Promise<void> {
    await this.#change((trx) =>
      trx
        .updateTable("oauth_clients")
        .set({ revoked_at_ms: Date.now() })
        .where("org_id", "=", orgId)
        .where("revoked_at_ms", "is", null)
        .execute(),
    );
  }

  async #change<Result>(work: (trx: Transaction<Schema>) => Promise<Result>): Promise<Result> {
    const result = await this.#options.db.transaction(async (trx) => {
      const done = await work(trx);
      await notifyWithin(trx, { topic: OAUTH_TOPIC });
      return done;
    });
    await this.#options.onChanged();
    return result;
  }
}
