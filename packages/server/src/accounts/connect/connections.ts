import type { JsonObject } from "@millrace/runner";
import { ApiError, invalidInput, principalId, type ErrorDetail, type Principal } from "../../core/index.ts";
import type { Database } from "../../db/index.ts";
import type { Accounts } from "../accounts.ts";
import type { AppRow, Apps } from "../apps.ts";
import type { AuditLog } from "../audit-log.ts";
import { fieldsOf, type AppDefinition, type AuthField } from "../catalogue/index.ts";
import { fieldProblems, withDefaults } from "../credential-fields.ts";
import type { ProviderAccess } from "../oauth-apps/index.ts";
import { ProviderError } from "../providers/index.ts";
import type { Vault } from "../vault.ts";
import { ArrivalDesk, type Brought, type Connected } from "./arrival-desk.ts";
import { ConnectAttempts } from "./connect-attempts.ts";
import { ConnectLinks, type ConnectLink } from "./connect-links.ts";
import { ConnectProblem, meaningOf, PROBLEM_TEXTS } from "./connect-problem.ts";
import { ProviderTrips, scopesFor } from "./provider-trips.ts";

export interface NewConnection {
  principal: Principal;
  /** Id or slug; not with `accountId`. */
  app?: string | undefined;
  /** Connects this account again. */
  accountId?: string | undefined;
  oauthAppId?: string | undefined;
  name?: string | undefined;
  externalUserId?: string | undefined;
  successUrl?: string | undefined;
  errorUrl?: string | undefined;
  lifetimeS: number;
}

/** What the page of a link shows. */
export interface ConnectionView {
  readonly app: AppRow;
  readonly definition: AppDefinition;
  readonly workspaceName: string;
  readonly fields: readonly AuthField[];
  readonly isReconnecting: boolean;
  readonly scopes: readonly string[];
}

export interface SubmittedForm {
  fields: Readonly<Record<string, string>>;
  browserId: string;
  ip: string;
}

/** What became of a connection. */
export type ConnectionStep =
  | { readonly kind: "away"; readonly url: string; readonly appName: string }
  | { readonly kind: "problems"; readonly problems: readonly ErrorDetail[] }
  | Connected;

export interface ConnectionsOptions {
  db: Database;
  vault: Vault;
  apps: Apps;
  audit: AuditLog;
  accounts: Accounts;
  providers: ProviderAccess;
  publicUrl: string;
}

/** A person connects an account in a browser: by a link, over the provider's page or a form of ours, to an account. */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly links: ConnectLinks;
  readonly #attempts: ConnectAttempts;
  readonly #trips: ProviderTrips;
  readonly #desk: ArrivalDesk;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.links = new ConnectLinks(options);
    this.#attempts = new ConnectAttempts(options);
    this.#trips = new ProviderTrips({ providers: options.providers, attempts: this.#attempts });
    this.#desk = new ArrivalDesk({ ...options, links: this.links });
  }

  /** Where providers send browsers back to. */
  get redirectUri(): string {
    return this.#options.providers.redirectUri;
  }

  /** Makes a link. @throws ApiError 400 for what cannot be connected so, 404 for an unknown account */
  async createLink(orgId: string, input: NewConnection): Promise<{ url: string; expiresAtMs: number }> {
    const what = await this.#connectable(orgId, input);
    const { principal } = input;
    const expiresAtMs = Date.now() + input.lifetimeS * 1000;
    const token = await this.links.create({
      ...{ org_id: orgId, ...what, project_id: null, environment: null, expires_at_ms: expiresAtMs },
      ...{ user_id: principal.kind === "user" ? principal.userId : null, actor: principalId(principal) },
      ...textsOf(input),
    });
    return { url: `${this.#options.publicUrl}/connect/${token}`, expiresAtMs };
  }

  /** @throws ConnectProblem */
  async view(token: string): Promise<ConnectionView> {
    const link = await this.links.find(token, Date.now());
    const { apps, providers, db } = this.#options;
    const [app, definition, workspace] = await Promise.all([
      apps.find(link.app_id),
      providers.definitionOf(link.app_id),
      db.kysely.selectFrom("workspaces").select("name").where("org_id", "=", link.org_id).executeTakeFirstOrThrow(),
    ]);
    return {
      ...{ app, definition, workspaceName: workspace.name, isReconnecting: link.account_id !== null },
      fields: fieldsOf(definition),
      scopes: await this.#scopesOf(link, definition),
    };
  }

  /** Takes the form of the page: saves keys, or sends the browser to the provider. @throws ConnectProblem */
  async submit(token: string, form: SubmittedForm): Promise<ConnectionStep> {
    const link = await this.links.find(token, Date.now());
    const definition = await this.#options.providers.definitionOf(link.app_id);
    const known = fieldsOf(definition);
    const entered = known.map(({ name }) => [name, form.fields[name]?.trim() ?? ""] as const);
    const filled: JsonObject = Object.fromEntries(entered.filter(([, value]) => value !== ""));
    const problems = fieldProblems(known, filled);
    if (problems.length > 0) return { kind: "problems", problems };
    const fields = withDefaults(known, filled);
    if (definition.auth.type === "keys") {
      return this.#take(link, { credentials: fields, oauthAppId: null, ip: form.ip });
    }
    try {
      const url = await this.#trips.leave(link, { token, fields, browserId: form.browserId });
      return { kind: "away", url, appName: definition.name };
    } catch (error) {
      const isOfFields =
        error instanceof ApiError && error.details?.every(({ path }) => path.startsWith("credentials."));
      if (isOfFields) return { kind: "problems", problems: error.details ?? [] };
      throw this.#problemOf(error, { link, token, appName: definition.name });
    }
  }

  /** The browser is back from the provider. @throws ConnectProblem */
  async callback(query: URLSearchParams, browser: { browserId: string | null; ip: string }): Promise<ConnectionStep> {
    const state = query.get("state") ?? query.get("oauth_token") ?? query.get("denied");
    if (state === null) throw new ConnectProblem("answer_incomplete", PROBLEM_TEXTS.answer_incomplete);
    const attempt = await this.#attempts.end(state, browser.browserId);
    const link = await this.links.findByHash(attempt.linkHash);
    if (!link || link.used_at_ms !== null) throw new ConnectProblem("link_used", PROBLEM_TEXTS.link_used);
    const { name: appName } = await this.#options.apps.find(link.app_id);
    try {
      const tokens = await this.#trips.arrive({ link, attempt, query, state });
      return await this.#take(link, { ...tokens, oauthAppId: attempt.oauthAppId, ip: browser.ip });
    } catch (error) {
      throw this.#problemOf(error, { link, token: attempt.linkToken, appName });
    }
  }

  async #take(link: ConnectLink, brought: Brought): Promise<ConnectionStep> {
    const taken = await this.#desk.take(link, brought);
    if ("kind" in taken) return taken;
    return { kind: "problems", problems: [{ path: "credentials", message: taken.refusal }] };
  }

  /** What a link is for: an app with a way to connect, or an account to connect again. */
  async #connectable(orgId: string, { app, accountId, oauthAppId }: NewConnection) {
    const { accounts, apps, providers } = this.#options;
    if ((accountId === undefined) === (app === undefined)) {
      throw invalidInput([{ path: "app", message: "either this or account_id is required" }]);
    }
    const account = accountId === undefined ? null : await accounts.find([orgId], accountId);
    const appId = account?.app_id ?? (await apps.resolve(orgId, app ?? "")).app_id;
    const { auth } = await providers.definitionOf(appId);
    if (auth.type === "none") throw invalidInput([{ path: "app", message: "needs no account" }]);
    const chosen = oauthAppId ?? account?.oauth_app_id ?? null;
    if (auth.type !== "keys") await providers.clientFor(orgId, { appId, oauthAppId: chosen });
    return { app_id: appId, oauth_app_id: chosen, account_id: account?.account_id ?? null };
  }

  async #scopesOf(link: ConnectLink, { auth }: AppDefinition): Promise<readonly string[]> {
    if (auth.type !== "oauth2" && auth.type !== "oauth1") return [];
    const of = { appId: link.app_id, oauthAppId: link.oauth_app_id };
    const identity = await this.#options.providers.findClient(link.org_id, of);
    return identity ? scopesFor(identity, auth.scopes ?? []) : [];
  }

  #problemOf(error: unknown, of: { link: ConnectLink; token: string; appName: string }): unknown {
    const { link, token, appName } = of;
    const isOpen = link.expires_at_ms > Date.now();
    const retryUrl = isOpen ? `${this.#options.publicUrl}/connect/${token}` : null;
    const options = { retryUrl, errorUrl: link.error_url, cause: error };
    if (error instanceof ProviderError) {
      const { code, text } = meaningOf(error, { appName, redirectUri: this.redirectUri });
      return new ConnectProblem(code, text, options);
    }
    if (!(error instanceof ApiError) || error.status >= 500) return error;
    const advice = "Ask whoever gave you the link to set the app up.";
    return new ConnectProblem("not_configured", { message: error.message, advice }, options);
  }
}

function textsOf(input: NewConnection) {
  return {
    name: input.name ?? null,
    external_user_id: input.externalUserId ?? null,
    success_url: input.successUrl ?? null,
    error_url: input.errorUrl ?? null,
  };
}
