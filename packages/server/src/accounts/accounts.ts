import type { AppAuth, JsonObject } from "@millrace/runner";
import { sql } from "kysely";
import { invalidInput, newId, notFound, type Page, type PageRequest } from "../core/index.ts";
import { selectPage, type Database } from "../db/index.ts";
import type { AppRow, Apps } from "./apps.ts";
import type { AuditLog, Actor } from "./audit-log.ts";
import type { Vault } from "./vault.ts";

/** A connected account without its credentials. */
export interface AccountRow {
  org_id: string;
  account_id: string;
  name: string | null;
  external_user_id: string | null;
  oauth_app_id: string | null;
  healthy: boolean;
  error: string | null;
  credentials_expire_at_ms: number | null;
  created_at_ms: number;
  updated_at_ms: number;
  app_id: string;
  app_slug: string;
  app_name: string;
}

export interface AccountWithCredentials extends AccountRow {
  credentials: JsonObject;
}

export interface NewAccount {
  actor: Actor;
  /** Id or slug. */
  app: string;
  name?: string | undefined;
  credentials: JsonObject;
  externalUserId?: string | undefined;
  oauthAppId?: string | undefined;
}

export interface AccountFilter {
  orgIds: readonly string[];
  /** Id or slug. */
  app?: string | undefined;
  oauthAppId?: string | undefined;
  externalUserId?: string | undefined;
}

export interface AccountChange {
  actor: Actor;
  name?: string | null | undefined;
  /** Replaces all fields. */
  credentials?: JsonObject | undefined;
  externalUserId?: string | null | undefined;
}

interface SealedRow {
  org_id: string;
  account_id: string;
  vault_key_id: string;
  sealed_credentials: string;
}

const COLUMNS = sql`a.org_id, a.account_id, a.name, a.external_user_id, a.oauth_app_id, a.healthy, a.error,
  a.credentials_expire_at_ms, a.created_at_ms, a.updated_at_ms, a.app_id, p.name_slug as app_slug, p.name as app_name`;
const FROM = sql`accounts a join apps p on p.app_id = a.app_id`;

export interface AccountsOptions {
  db: Database;
  vault: Vault;
  apps: Apps;
  audit: AuditLog;
}

/**
 * Connected accounts: credentials for an app, sealed by the vault. They leave it in two ways only: read by a member, which
 * is audited, and as input of the components that are configured with the account.
 */
export class Accounts {
  readonly #db: Database;
  readonly #vault: Vault;
  readonly #apps: Apps;
  readonly #audit: AuditLog;

  constructor(options: AccountsOptions) {
    this.#db = options.db;
    this.#vault = options.vault;
    this.#apps = options.apps;
    this.#audit = options.audit;
  }

  /** Connects an account by static credentials. @throws ApiError 400 for an unknown app or a missing field */
  async create(orgId: string, account: NewAccount): Promise<AccountRow> {
    const { actor } = account;
    const app = await this.#apps.resolve(orgId, account.app);
    assertRequiredFields(app, account.credentials);
    const sealed = await this.#vault.seal(orgId, JSON.stringify(account.credentials));
    const account_id = newId("account");
    const nowMs = Date.now();
    const row = {
      org_id: orgId,
      account_id,
      user_id: actor.principal.kind === "user" ? actor.principal.userId : null,
      app_id: app.app_id,
      name: account.name ?? null,
      external_user_id: account.externalUserId ?? null,
      oauth_app_id: account.oauthAppId ?? null,
      vault_key_id: sealed.vaultKeyId,
      sealed_credentials: sealed.sealed,
      credentials_expire_at_ms: null,
      error: null,
      created_at_ms: nowMs,
      updated_at_ms: nowMs,
    };
    await this.#db.kysely.insertInto("accounts").values(row).execute();
    await this.#audit.record(actor, [{ orgId, action: "account.created", subject: account_id }]);
    return this.find([orgId], account_id);
  }

  /** Newest first. */
  list(filter: AccountFilter, page: PageRequest): Promise<Page<AccountRow>> {
    const conditions = [sql`a.org_id = any(${[...filter.orgIds]})`];
    if (filter.app !== undefined) conditions.push(sql`(p.app_id = ${filter.app} or p.name_slug = ${filter.app})`);
    if (filter.oauthAppId !== undefined) conditions.push(sql`a.oauth_app_id = ${filter.oauthAppId}`);
    if (filter.externalUserId !== undefined) conditions.push(sql`a.external_user_id = ${filter.externalUserId}`);
    return selectPage<AccountRow>(this.#db.kysely, {
      columns: COLUMNS,
      from: FROM,
      where: sql.join(conditions, sql` and `),
      id: sql`a.account_id`,
      sort: sql`a.created_at_ms`,
      direction: "desc",
      page,
    });
  }

  /** @throws ApiError 404 */
  async find(orgIds: readonly string[], accountId: string): Promise<AccountRow> {
    const { rows } = await sql<AccountRow>`select ${COLUMNS} from ${FROM}
      where a.org_id = any(${[...orgIds]}) and a.account_id = ${accountId}`.execute(this.#db.kysely);
    if (!rows[0]) throw notFound(`Account ${accountId}`);
    return rows[0];
  }

  /** @throws ApiError 404, 400 for a missing field */
  async update(account: AccountRow, change: AccountChange): Promise<AccountRow> {
    const { org_id: orgId, account_id: accountId } = account;
    const { credentials } = change;
    if (credentials !== undefined) assertRequiredFields(await this.#apps.find(account.app_id), credentials);
    const sealed = credentials && (await this.#vault.seal(orgId, JSON.stringify(credentials)));
    await this.#db.kysely
      .updateTable("accounts")
      .set({
        updated_at_ms: Date.now(),
        ...(change.name !== undefined && { name: change.name }),
        ...(change.externalUserId !== undefined && { external_user_id: change.externalUserId }),
        ...(sealed && {
          vault_key_id: sealed.vaultKeyId,
          sealed_credentials: sealed.sealed,
          healthy: true,
          error: null,
        }),
      })
      .where("org_id", "=", orgId)
      .where("account_id", "=", accountId)
      .execute();
    await this.#audit.record(change.actor, [{ orgId, action: "account.updated", subject: accountId }]);
    return this.find([orgId], accountId);
  }

  /** Forgets an account. What is configured with it fails from then on, naming it. @throws ApiError 404 */
  async delete(orgIds: readonly string[], { accountId, actor }: { accountId: string; actor: Actor }): Promise<void> {
    const { rows } = await this.#db.query<{ org_id: string }>(
      "delete from accounts where org_id = any($1) and account_id = $2 returning org_id",
      [[...orgIds], accountId],
    );
    const orgId = rows[0]?.org_id;
    if (orgId === undefined) throw notFound(`Account ${accountId}`);
    await this.#audit.record(actor, [{ orgId, action: "account.deleted", subject: accountId }]);
  }

  /** Adds the credentials for a member to read; each reading is on the audit log before it is answered. */
  async withCredentials(actor: Actor, accounts: readonly AccountRow[]): Promise<AccountWithCredentials[]> {
    const ids = accounts.map((account) => account.account_id);
    const orgIds = [...new Set(accounts.map((account) => account.org_id))];
    const { rows } = await this.#db.query<SealedRow>(
      `select org_id, account_id, vault_key_id, sealed_credentials from accounts
       where org_id = any($1) and account_id = any($2)`,
      [orgIds, ids],
    );
    const opened = new Map<string, JsonObject>();
    for (const row of rows) opened.set(row.account_id, await this.#open(row));
    const entries = rows.map((row) => ({
      orgId: row.org_id,
      action: "account.credentials_read" as const,
      subject: row.account_id,
    }));
    await this.#audit.record(actor, entries);
    return accounts.map((account) => ({ ...account, credentials: opened.get(account.account_id) ?? {} }));
  }

  /** What `$auth` of a component holds; null when the workspace has no such account. @throws VaultError */
  async credentialsFor(orgId: string, accountId: string): Promise<AppAuth | null> {
    const { rows } = await this.#db.query<SealedRow>(
      `select org_id, account_id, vault_key_id, sealed_credentials from accounts
       where org_id = $1 and account_id = $2`,
      [orgId, accountId],
    );
    return rows[0] ? { credentials: await this.#open(rows[0]) } : null;
  }

  /** The slug of an account's app; null when the workspace has no such account. */
  async appSlugOf(orgId: string, accountId: string): Promise<string | null> {
    const { rows } = await this.#db.query<{ name_slug: string }>(
      "select p.name_slug from accounts a join apps p using (app_id) where a.org_id = $1 and a.account_id = $2",
      [orgId, accountId],
    );
    return rows[0]?.name_slug ?? null;
  }

  async #open(row: SealedRow): Promise<JsonObject> {
    const text = await this.#vault.open(row.org_id, row.vault_key_id, row.sealed_credentials);
    return JSON.parse(text) as JsonObject;
  }
}

interface CustomField {
  name: string;
  optional?: boolean | null;
}

/** Names the fields that an app of keys wants and did not get. */
function assertRequiredFields(app: AppRow, credentials: JsonObject): void {
  if (app.auth_type !== "keys") return;
  const fields = JSON.parse(app.custom_fields_json) as CustomField[];
  const missing = fields.filter((field) => field.optional !== true && credentials[field.name] === undefined);
  if (missing.length === 0) return;
  throw invalidInput(missing.map((field) => ({ path: `credentials.${field.name}`, message: "is required" })));
}
