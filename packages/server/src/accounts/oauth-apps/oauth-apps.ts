import { sql } from "kysely";
import { ApiError, invalidInput, newId, notFound, type Page, type PageRequest } from "../../core/index.ts";
import { selectPage, type Database } from "../../db/index.ts";
import type { Apps } from "../apps.ts";
import type { Vault } from "../vault.ts";
import type { InstanceClient } from "./instance-clients.ts";

/** A client of a workspace at a provider; its secret is never shown. */
export interface OauthAppRow {
  org_id: string;
  oauth_app_id: string;
  app_id: string;
  app_name: string;
  app_slug: string;
  name: string | null;
  description: string | null;
  client_id: string;
  scopes: string[];
  additional_scopes: string[];
  authorize_params_json: string;
  created_at_ms: number;
  updated_at_ms: number;
}

export interface OauthAppInput {
  name?: string | null | undefined;
  description?: string | null | undefined;
  clientId?: string | undefined;
  /** Empty keeps what is stored. */
  clientSecret?: string | undefined;
  scopes?: readonly string[] | undefined;
  additionalScopes?: readonly string[] | undefined;
  authorizeParams?: Readonly<Record<string, string>> | undefined;
}

/** What connecting and refreshing need to know of a client. */
export interface ProviderClient {
  readonly oauthAppId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Instead of the app's; empty: the app's. */
  readonly scopes: readonly string[];
  readonly additionalScopes: readonly string[];
  readonly authorizeParams: Readonly<Record<string, string>>;
  /** The operator's: its secret may go to no host that a user names. */
  readonly isInstanceWide: boolean;
}

export interface OauthAppsOptions {
  db: Database;
  vault: Vault;
  apps: Apps;
  /** The operator's. */
  instanceClients?: readonly InstanceClient[];
}

const COLUMNS = sql`o.org_id, o.oauth_app_id, o.app_id, p.name as app_name, p.name_slug as app_slug, o.name, o.description,
  o.client_id, o.scopes, o.additional_scopes, o.authorize_params_json, o.created_at_ms, o.updated_at_ms`;
const FROM = sql`oauth_apps o join apps p on p.app_id = o.app_id`;

/** The clients with which accounts are connected by OAuth: those of workspaces, and the operator's. */
export class OauthApps {
  readonly #options: OauthAppsOptions;
  readonly #db: Database;

  constructor(options: OauthAppsOptions) {
    this.#options = options;
    this.#db = options.db;
  }

  /** @throws ApiError 400 for an app that is not connected by OAuth */
  async create(
    orgId: string,
    input: OauthAppInput & { app: string; clientId: string; clientSecret: string },
  ): Promise<OauthAppRow> {
    const { apps, vault } = this.#options;
    const app = await apps.resolve(orgId, input.app);
    if (app.auth_type !== "oauth") throw invalidInput([{ path: "app", message: "is not connected by OAuth" }]);
    const { vaultKeyId, sealed } = await vault.seal(orgId, input.clientSecret);
    const oauth_app_id = newId("oauthApp");
    const nowMs = Date.now();
    const row = {
      ...{ org_id: orgId, oauth_app_id, app_id: app.app_id, client_id: input.clientId },
      ...{ vault_key_id: vaultKeyId, sealed_secret: sealed, created_at_ms: nowMs, updated_at_ms: nowMs },
      name: input.name ?? null,
      description: input.description ?? null,
      scopes: [...(input.scopes ?? [])],
      additional_scopes: [...(input.additionalScopes ?? [])],
      authorize_params_json: JSON.stringify(input.authorizeParams ?? {}),
    };
    await this.#db.kysely.insertInto("oauth_apps").values(row).execute();
    return this.find([orgId], oauth_app_id);
  }

  /** Newest first. */
  list(filter: { orgIds: readonly string[]; app?: string | undefined }, page: PageRequest): Promise<Page<OauthAppRow>> {
    const ofApp = filter.app === undefined ? sql`true` : sql`(p.app_id = ${filter.app} or p.name_slug = ${filter.app})`;
    return selectPage<OauthAppRow>(this.#db.kysely, {
      columns: COLUMNS,
      from: FROM,
      where: sql`o.org_id = any(${[...filter.orgIds]}) and ${ofApp}`,
      id: sql`o.oauth_app_id`,
      sort: sql`o.created_at_ms`,
      direction: "desc",
      page,
    });
  }

  /** @throws ApiError 404 */
  async find(orgIds: readonly string[], oauthAppId: string): Promise<OauthAppRow> {
    const { rows } = await sql<OauthAppRow>`select ${COLUMNS} from ${FROM}
      where o.org_id = any(${[...orgIds]}) and o.oauth_app_id = ${oauthAppId}`.execute(this.#db.kysely);
    if (!rows[0]) throw notFound(`OAuth app ${oauthAppId}`);
    return rows[0];
  }

  /** What is absent stays. @throws ApiError 404 */
  async update(orgIds: readonly string[], oauthAppId: string, input: OauthAppInput): Promise<OauthAppRow> {
    const { org_id: orgId } = await this.find(orgIds, oauthAppId);
    const secret = input.clientSecret ? await this.#options.vault.seal(orgId, input.clientSecret) : null;
    await this.#db.kysely
      .updateTable("oauth_apps")
      .set({
        updated_at_ms: Date.now(),
        ...(input.name !== undefined && { name: input.name }),
        ...(input.description !== undefined && { description: input.description }),
        ...(input.clientId !== undefined && { client_id: input.clientId }),
        ...(secret && { vault_key_id: secret.vaultKeyId, sealed_secret: secret.sealed }),
        ...(input.scopes && { scopes: [...input.scopes] }),
        ...(input.additionalScopes && { additional_scopes: [...input.additionalScopes] }),
        ...(input.authorizeParams && { authorize_params_json: JSON.stringify(input.authorizeParams) }),
      })
      .where("org_id", "=", orgId)
      .where("oauth_app_id", "=", oauthAppId)
      .execute();
    return this.find([orgId], oauthAppId);
  }

  /** @returns the workspace. @throws ApiError 404, 409 while accounts are connected with it */
  async delete(orgIds: readonly string[], oauthAppId: string): Promise<string> {
    const { org_id: orgId } = await this.find(orgIds, oauthAppId);
    const { rowCount } = await this.#db.query(
      `delete from oauth_apps where org_id = $1 and oauth_app_id = $2
         and not exists (select from accounts where org_id = $1 and oauth_app_id = $2)`,
      [orgId, oauthAppId],
    );
    if (rowCount === 0) throw new ApiError("conflict", "Accounts are connected with this client; delete them first");
    return orgId;
  }

  /**
   * The client to connect an account of an app with: the one named, or else the workspace's newest, or else the operator's.
   * @throws ApiError 400
   */
  async clientFor(orgId: string, of: { appId: string; oauthAppId: string | null }): Promise<ProviderClient> {
    const found = await this.findClient(orgId, of);
    if (found) return found;
    if (of.oauthAppId !== null) {
      throw invalidInput([{ path: "oauth_app_id", message: "names no OAuth client of this app" }]);
    }
    const { name } = await this.#options.apps.find(of.appId);
    const message = `there is no OAuth client for ${name}: make one with POST /oauth_apps, or let the operator add one`;
    throw invalidInput([{ path: "app", message }]);
  }

  /** The client that an account was connected with, or the one to use by default; null when there is none. */
  async findClient(orgId: string, of: { appId: string; oauthAppId: string | null }): Promise<ProviderClient | null> {
    const own = this.#db.kysely.selectFrom("oauth_apps").selectAll().where("org_id", "=", orgId);
    const ofApp = own.where("app_id", "=", of.appId).orderBy("created_at_ms", "desc").limit(1);
    const row = await (
      of.oauthAppId === null ? ofApp : ofApp.where("oauth_app_id", "=", of.oauthAppId)
    ).executeTakeFirst();
    if (!row) return this.#instanceClient(of);
    return {
      oauthAppId: row.oauth_app_id,
      clientId: row.client_id,
      clientSecret: await this.#options.vault.open(orgId, row.vault_key_id, row.sealed_secret),
      scopes: row.scopes,
      additionalScopes: row.additional_scopes,
      authorizeParams: JSON.parse(row.authorize_params_json) as Record<string, string>,
      isInstanceWide: false,
    };
  }

  async #instanceClient(of: { appId: string; oauthAppId: string | null }): Promise<ProviderClient | null> {
    const all = this.#options.instanceClients ?? [];
    if (all.length === 0) return null;
    const { name_slug } = await this.#options.apps.find(of.appId);
    const found = all.find(
      ({ app, oauthAppId }) =>
        (app === of.appId || app === name_slug) && (of.oauthAppId === null || of.oauthAppId === oauthAppId),
    );
    if (!found) return null;
    return {
      oauthAppId: found.oauthAppId,
      clientId: found.client_id,
      clientSecret: found.client_secret ?? "",
      scopes: found.scopes ?? [],
      additionalScopes: found.additional_scopes ?? [],
      authorizeParams: found.authorize_params ?? {},
      isInstanceWide: true,
    };
  }
}
