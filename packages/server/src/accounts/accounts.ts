import type { AppAuth, JsonObject } from "@millrace/runner";
import { sql } from "kysely";
import { invalidInput, newId, notFound, type Page, type PageRequest } from "../core/index.ts";
import { selectPage, type Database } from "../db/index.ts";
import {
  ACCOUNT_COLUMNS,
  ACCOUNT_FROM,
  openCredentials,
  openRow,
  readAccounts,
  type AccountRow,
  type AccountWithCredentials,
  type SealedRow,
} from "./account-rows.ts";
import { tryAccount } from "./account-test.ts";
import type { Apps } from "./apps.ts";
import type { AuditLog, Actor } from "./audit-log.ts";
import { fieldsOf } from "./catalogue/index.ts";
import { fieldProblems, withDefaults } from "./credential-fields.ts";
import type { OauthApps, ProviderAccess } from "./oauth-apps/index.ts";
import type { Refresher } from "./refresh/index.ts";
import { SIGNER_FIELD, type RequestSigner } from "./request-signer.ts";
import { revokeTokens, type Revocation } from "./revoke-tokens.ts";
import { sealedColumns, settledColumns } from "./sealed-columns.ts";
import type { Vault } from "./vault.ts";

export interface NewAccount {
  actor: Actor;
  /** Id or slug. */
  app: string;
  name?: string | undefined;
  credentials: JsonObject;
  externalUserId?: string | undefined;
  oauthAppId?: string | undefined;
  /** Whether the app's test request is sent. */
  test?: boolean | undefined;
}

export interface AccountFilter {
  orgIds: readonly string[];
  /** Id or slug. */
  app?: string | undefined;
  oauthAppId?: string | undefined;
  externalUserId?: string | undefined;
}

export interface AccountChange {
  name?: string | null | undefined;
  /** Replaces all fields. */
  credentials?: JsonObject | undefined;
  externalUserId?: string | null | undefined;
}

export interface AccountsOptions {
  db: Database;
  vault: Vault;
  apps: Apps;
  audit: AuditLog;
  providers: ProviderAccess;
  oauthApps: OauthApps;
  refresher: Refresher;
  signer: RequestSigner;
}

/**
 * Connected accounts: credentials for an app, sealed by the vault. They leave it in two ways only: read by a member, which
 * is audited, and as input of the components that are configured with the account. Either way tokens are fresh.
 */
export class Accounts {
  readonly #options: AccountsOptions;
  readonly #db: Database;

  constructor(options: AccountsOptions) {
    this.#options = options;
    this.#db = options.db;
  }

  /** Connects an account by static credentials. @throws ApiError 400 for an unknown app or client, and for each wrong field */
  async create(orgId: string, account: NewAccount): Promise<AccountRow> {
    const { principal } = account.actor;
    const app = await this.#options.apps.resolve(orgId, account.app);
    const credentials = await this.#checked(app.app_id, account.credentials);
    const oauthAppId = account.oauthAppId ?? null;
    if (oauthAppId !== null) await this.#options.oauthApps.clientFor(orgId, { appId: app.app_id, oauthAppId });
    const account_id = newId("account");
    const nowMs = Date.now();
    const row = {
      ...{ org_id: orgId, account_id, app_id: app.app_id, oauth_app_id: oauthAppId },
      user_id: principal.kind === "user" ? principal.userId : null,
      name: account.name ?? null,
      external_user_id: account.externalUserId ?? null,
      ...(await sealedColumns(this.#options.vault, orgId, credentials)),
      ...{ created_at_ms: nowMs, updated_at_ms: nowMs },
    };
    await this.#db.kysely.insertInto("accounts").values(row).execute();
    if (account.test === true) return (await this.test([orgId], account_id)).account;
    return this.find([orgId], account_id);
  }

  /** Newest first. */
  list(filter: AccountFilter, page: PageRequest): Promise<Page<AccountRow>> {
    const conditions = [sql`a.org_id = any(${[...filter.orgIds]})`];
    if (filter.app !== undefined) conditions.push(sql`(p.app_id = ${filter.app} or p.name_slug = ${filter.app})`);
    if (filter.oauthAppId !== undefined) conditions.push(sql`a.oauth_app_id = ${filter.oauthAppId}`);
    if (filter.externalUserId !== undefined) conditions.push(sql`a.external_user_id = ${filter.externalUserId}`);
    return selectPage<AccountRow>(this.#db.kysely, {
      columns: ACCOUNT_COLUMNS,
      from: ACCOUNT_FROM,
      where: sql.join(conditions, sql` and `),
      id: sql`a.account_id`,
      sort: sql`a.created_at_ms`,
      direction: "desc",
      page,
    });
  }

  /** @throws ApiError 404 */
  async find(orgIds: readonly string[], accountId: string): Promise<AccountRow> {
    const [row] = await readAccounts(this.#db, { orgIds, accountIds: [accountId] });
    if (!row) throw notFound(`Account ${accountId}`);
    return row;
  }

  /** @throws ApiError 404, 400 for each wrong field */
  async update(account: AccountRow, change: AccountChange): Promise<AccountRow> {
    const { org_id: orgId, account_id: accountId, app_id: appId } = account;
    const credentials = change.credentials && (await this.#checked(appId, change.credentials));
    const sealed = credentials && (await sealedColumns(this.#options.vault, orgId, credentials));
    await this.#db.kysely
      .updateTable("accounts")
      .set((eb) => ({
        updated_at_ms: Date.now(),
        ...(change.name !== undefined && { name: change.name }),
        ...(change.externalUserId !== undefined && { external_user_id: change.externalUserId }),
        ...(sealed && { ...sealed, ...settledColumns, credentials_version: eb("credentials_version", "+", 1) }),
      }))
      .where("org_id", "=", orgId)
      .where("account_id", "=", accountId)
      .execute();
    return this.find([orgId], accountId);
  }

  /**
   * Forgets an account, and then takes its tokens back at the provider where that is possible. What is configured with it
   * fails from then on, naming it. @throws ApiError 404
   */
  async delete(orgIds: readonly string[], accountId: string): Promise<Revocation> {
    const { rows } = await this.#db.query<SealedRow & { app_id: string; oauth_app_id: string | null }>(
      `delete from accounts where org_id = any($1) and account_id = $2
       returning org_id, account_id, app_id, oauth_app_id, vault_key_id, sealed_credentials`,
      [[...orgIds], accountId],
    );
    const [row] = rows;
    if (!row) throw notFound(`Account ${accountId}`);
    if (row.oauth_app_id === null) return "not_revocable";
    // A lost key must not keep anybody from deleting what it sealed.
    const credentials = await openRow(this.#options.vault, row).catch(() => ({}));
    return revokeTokens(this.#options.providers, { ...row, credentials });
  }

  /**
   * Tries an account: refreshes tokens that are stale or failed to refresh, then sends the app's test request, which sets
   * `healthy`, `error` and an empty name. @returns whether the app has a test request. @throws ApiError 404
   */
  async test(orgIds: readonly string[], accountId: string): Promise<{ account: AccountRow; isTested: boolean }> {
    const found = await this.find(orgIds, accountId);
    const orgId = found.org_id;
    if (found.refresh_failures > 0 && !found.dead) await this.#options.refresher.refresh(found);
    else await this.#options.refresher.ensureFresh(found);
    const account = await this.find([orgId], accountId);
    const credentials = (await openCredentials(this.#options, { orgIds: [orgId], accountIds: [accountId] })).get(
      accountId,
    );
    if (account.dead || !credentials) return { account, isTested: false };
    const tried = { orgId, appId: account.app_id, oauthAppId: account.oauth_app_id, credentials };
    const verdict = await tryAccount(this.#options.providers, tried);
    if (!verdict) return { account, isTested: false };
    // A token that is good today hides nothing: what cannot be refreshed fails tomorrow.
    const { healthy, error } = verdict.healthy && account.refresh_failures > 0 ? account : verdict;
    await this.#db.kysely
      .updateTable("accounts")
      .set({ healthy, error, name: account.name ?? verdict.name })
      .where("org_id", "=", orgId)
      .where("account_id", "=", accountId)
      .execute();
    return { account: await this.find([orgId], accountId), isTested: true };
  }

  /**
   * Adds the credentials for a member to read, with fresh tokens; when refreshing fails, the last known ones. Each reading
   * is on the audit log before it is answered.
   */
  async withCredentials(actor: Actor, accounts: readonly AccountRow[]): Promise<AccountWithCredentials[]> {
    const changes = await Promise.all(accounts.map((account) => this.#options.refresher.ensureFresh(account)));
    const accountIds = accounts.map((account) => account.account_id);
    const of = { orgIds: [...new Set(accounts.map((account) => account.org_id))], accountIds };
    const current = changes.includes(true) ? await readAccounts(this.#db, of) : accounts;
    const byId = new Map(current.map((account) => [account.account_id, account]));
    const opened = await openCredentials(this.#options, of);
    const entries = accounts.map(({ org_id: orgId, account_id: subject }) => ({
      ...{ orgId, subject },
      action: "account.credentials_read" as const,
    }));
    await this.#options.audit.record(actor, entries);
    return accounts.map((account) => {
      const credentials = this.#shown(account, opened.get(account.account_id) ?? {});
      return { ...(byId.get(account.account_id) ?? account), credentials };
    });
  }

  /** What `$auth` of a component holds, with a fresh token; null when the workspace has no such account. @throws VaultError */
  async credentialsFor(orgId: string, accountId: string): Promise<AppAuth | null> {
    const { rows } = await this.#db.query<AccountRow & SealedRow>(
      `select org_id, account_id, vault_key_id, sealed_credentials, dead, credentials_expire_at_ms, last_refreshed_at_ms,
         next_refresh_at_ms, credentials_version, refresh_failures
       from accounts where org_id = $1 and account_id = $2`,
      [orgId, accountId],
    );
    const [row] = rows;
    if (!row) return null;
    if (!(await this.#options.refresher.ensureFresh(row))) {
      return { credentials: this.#shown(row, await openRow(this.#options.vault, row)) };
    }
    const credentials = (await openCredentials(this.#options, { orgIds: [orgId], accountIds: [accountId] })).get(
      accountId,
    );
    return credentials ? { credentials: this.#shown(row, credentials) } : null;
  }

  /** The slug of an account's app; null when the workspace has no such account. */
  async appSlugOf(orgId: string, accountId: string): Promise<string | null> {
    const { rows } = await this.#db.query<{ name_slug: string }>(
      "select p.name_slug from accounts a join apps p using (app_id) where a.org_id = $1 and a.account_id = $2",
      [orgId, accountId],
    );
    return rows[0]?.name_slug ?? null;
  }

  /** An account of OAuth 1.0a gets the address that signs for it. */
  #shown(account: { org_id: string; account_id: string }, credentials: JsonObject): JsonObject {
    if (!(SIGNER_FIELD in credentials)) return credentials;
    return { ...credentials, [SIGNER_FIELD]: this.#options.signer.uriFor(account.org_id, account.account_id) };
  }

  /** @throws ApiError 400 for each wrong field of an app of keys */
  async #checked(appId: string, credentials: JsonObject): Promise<JsonObject> {
    const definition = await this.#options.providers.definitionOf(appId);
    if (definition.auth.type !== "keys") return credentials;
    const fields = fieldsOf(definition);
    const problems = fieldProblems(fields, credentials);
    if (problems.length > 0) throw invalidInput(problems);
    return withDefaults(fields, credentials);
  }
}
