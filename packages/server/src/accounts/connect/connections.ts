import type { JsonObject } from "@millrace/runner";
import { generateRandomCodeVerifier } from "oauth4webapi";
import {
  ApiError,
  invalidInput,
  principalId,
  randomBase62,
  type ErrorDetail,
  type Principal,
} from "../../core/index.ts";
import type { Database } from "../../db/index.ts";
import type { Accounts } from "../accounts.ts";
import { tryAccount } from "../account-test.ts";
import type { AppRow, Apps } from "../apps.ts";
import type { AuditLog } from "../audit-log.ts";
import { fieldsOf, type AppDefinition, type AuthField } from "../catalogue/index.ts";
import { fieldProblems, withDefaults } from "../credential-fields.ts";
import type { ProviderAccess } from "../oauth-apps/index.ts";
import { ProviderError } from "../providers/index.ts";
import { tokenColumns, tokenCredentials } from "../refresh/index.ts";
import { SIGNER_FIELD } from "../request-signer.ts";
import { saveConnected, type ConnectedAccount } from "../save-connected.ts";
import type { Vault } from "../vault.ts";
import { ConnectAttempts, type Attempt } from "./connect-attempts.ts";
import { ConnectLinks, type ConnectLink } from "./connect-links.ts";
import { ConnectProblem, meaningOf, PROBLEM_TEXTS } from "./connect-problem.ts";

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
  | {
      readonly kind: "connected";
      readonly accountId: string;
      readonly appName: string;
      readonly name: string | null;
      readonly warning: string | null;
      readonly successUrl: string | null;
    };

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

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.links = new ConnectLinks(options);
    this.#attempts = new ConnectAttempts(options);
  }

  /** Where providers send browsers back to. */
  get redirectUri(): string {
    return this.#options.providers.redirectUri;
  }

  /** Makes a link. @throws ApiError 400 for what cannot be connected so, 404 for an unknown account */
  async createLink(orgId: string, input: NewConnection): Promise<{ url: string; expiresAtMs: number }> {
    const { accounts, apps, providers, publicUrl } = this.#options;
    const account = input.accountId === undefined ? null : await accounts.find([orgId], input.accountId);
    if ((account === null) === (input.app === undefined)) {
      throw invalidInput([{ path: "app", message: "either this or account_id is required" }]);
    }
    const appId = account?.app_id ?? (await apps.resolve(orgId, input.app ?? "")).app_id;
    const { auth } = await providers.definitionOf(appId);
    if (auth.type === "none") throw invalidInput([{ path: "app", message: "needs no account" }]);
    const oauthAppId = input.oauthAppId ?? account?.oauth_app_id ?? null;
    if (auth.type !== "keys") await providers.clientFor(orgId, { appId, oauthAppId });
    const { principal } = input;
    const expiresAtMs = Date.now() + input.lifetimeS * 1000;
    const token = await this.links.create({
      ...{ org_id: orgId, app_id: appId, oauth_app_id: oauthAppId, account_id: account?.account_id ?? null },
      ...{ user_id: principal.kind === "user" ? principal.userId : null, actor: principalId(principal) },
      ...{ name: input.name ?? null, external_user_id: input.externalUserId ?? null },
      ...{ project_id: null, environment: null },
      ...{ success_url: input.successUrl ?? null, error_url: input.errorUrl ?? null, expires_at_ms: expiresAtMs },
    });
    return { url: `${publicUrl}/connect/${token}`, expiresAtMs };
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
    const isReconnecting = link.account_id !== null;
    const fields = fieldsOf(definition);
    return {
      app,
      definition,
      workspaceName: workspace.name,
      fields,
      isReconnecting,
      scopes: await this.#scopesOf(link),
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
    if (definition.auth.type === "keys")
      return this.#finish(link, { credentials: fields, oauthAppId: null, ip: form.ip });
    try {
      const away = { token, fields, browserId: form.browserId };
      const url = await (definition.auth.type === "oauth1" ? this.#goAway1(link, away) : this.#goAway2(link, away));
      return { kind: "away", url, appName: definition.name };
    } catch (error) {
      if (error instanceof ApiError && error.details) return { kind: "problems", problems: error.details };
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
      const connected = await this.#tokensOf({ link, attempt, query, state });
      return await this.#finish(link, { ...connected, oauthAppId: attempt.oauthAppId, ip: browser.ip });
    } catch (error) {
      throw this.#problemOf(error, { link, token: attempt.linkToken, appName });
    }
  }

  async #goAway2(link: ConnectLink, away: { token: string; fields: JsonObject; browserId: string }): Promise<string> {
    const { providers } = this.#options;
    const of = { appId: link.app_id, oauthAppId: link.oauth_app_id, fields: away.fields };
    const provider = await providers.oauth2(link.org_id, of);
    if (!provider) throw new ConnectProblem("link_unknown", PROBLEM_TEXTS.link_unknown);
    const { identity, auth, client } = provider;
    const state = randomBase62(40);
    const scopes = scopesFor(identity, auth.scopes);
    const verifier = auth.pkce === true ? generateRandomCodeVerifier() : null;
    const kept = { linkToken: away.token, oauthAppId: identity.oauthAppId, fields: away.fields, scopes, verifier };
    const attempt = { ...kept, requestToken: null, orgId: link.org_id, linkHash: link.link_hash };
    await this.#attempts.begin(attempt, { state, browserId: away.browserId });
    const parameters = identity.authorizeParams;
    return client.authorizeUrl({ redirectUri: providers.redirectUri, state, verifier, scopes, parameters });
  }

  async #goAway1(link: ConnectLink, away: { token: string; fields: JsonObject; browserId: string }): Promise<string> {
    const { providers } = this.#options;
    const of = { appId: link.app_id, oauthAppId: link.oauth_app_id, fields: away.fields };
    const provider = await providers.oauth1(link.org_id, of);
    if (!provider) throw new ConnectProblem("link_unknown", PROBLEM_TEXTS.link_unknown);
    const { identity, auth, client } = provider;
    const requestToken = await client.requestToken(providers.redirectUri);
    const scopes = scopesFor(identity, auth.scopes ?? []);
    const kept = { linkToken: away.token, oauthAppId: identity.oauthAppId, fields: away.fields, scopes, requestToken };
    const attempt = { ...kept, verifier: null, orgId: link.org_id, linkHash: link.link_hash };
    await this.#attempts.begin(attempt, { state: requestToken.key, browserId: away.browserId });
    return client.authorizeUrl(requestToken.key, { scopes, parameters: { ...identity.authorizeParams } });
  }

  async #tokensOf(back: { link: ConnectLink; attempt: Attempt; query: URLSearchParams; state: string }) {
    const { link, attempt, query, state } = back;
    const { providers } = this.#options;
    const word = query.get("error") ?? (query.has("denied") ? "access_denied" : null);
    if (word !== null) {
      const description = query.get("error_description");
      const message = `the provider answered ${word.slice(0, 100)}${description ? `: ${description.slice(0, 300)}` : ""}`;
      throw new ProviderError("refused", { code: word, message });
    }
    const { orgId, oauthAppId, fields, verifier } = attempt;
    const of = { appId: link.app_id, oauthAppId, fields };
    if (attempt.requestToken)
      return this.#tokens1(orgId, of, { ...attempt.requestToken, verifier: query.get("oauth_verifier") });
    const provider = await providers.oauth2(orgId, of);
    if (!provider) throw new ConnectProblem("link_unknown", PROBLEM_TEXTS.link_unknown);
    const { redirectUri } = providers;
    const answer = await provider.client.exchange({ redirectUri, state, verifier, callback: query });
    const { auth, identity } = provider;
    const credentials = tokenCredentials({ auth, clientId: identity.clientId, answer, former: fields });
    return { credentials, times: { authorized_scopes: [...attempt.scopes], ...tokenColumns(answer, Date.now()) } };
  }

  async #tokens1(
    orgId: string,
    of: { appId: string; oauthAppId: string; fields: JsonObject },
    requestToken: { key: string; secret: string; verifier: string | null },
  ) {
    const provider = await this.#options.providers.oauth1(orgId, of);
    if (!provider) throw new ConnectProblem("link_unknown", PROBLEM_TEXTS.link_unknown);
    const { token, whole } = await provider.client.accessToken(requestToken, requestToken.verifier ?? "");
    const uid = provider.auth.uid === undefined ? undefined : whole[provider.auth.uid];
    const credentials = {
      ...of.fields,
      ...{ oauth_access_token: token.key, oauth_refresh_token: token.secret, [SIGNER_FIELD]: "" },
      oauth_client_id: provider.identity.clientId,
      ...(uid !== undefined && { oauth_uid: uid }),
    };
    return { credentials };
  }

  async #finish(
    link: ConnectLink,
    connected: Pick<ConnectedAccount, "credentials" | "times"> & { oauthAppId: string | null; ip: string },
  ): Promise<ConnectionStep> {
    const { providers } = this.#options;
    const { org_id: orgId, app_id: appId } = link;
    const { oauthAppId, credentials, times } = connected;
    const verdict = await tryAccount(providers, { orgId, appId, oauthAppId, credentials });
    if (verdict && !verdict.outcome.ok && verdict.outcome.isFinal && oauthAppId === null) {
      return {
        kind: "problems",
        problems: [{ path: "credentials", message: `${verdict.outcome.error}. Check what you entered.` }],
      };
    }
    const uid = verdict?.uid ?? null;
    const name = link.name ?? verdict?.name ?? null;
    const accountId = await this.#save(link, {
      ...{ orgId, appId, oauthAppId, name, accountId: link.account_id, userId: link.user_id },
      ...{ externalUserId: link.external_user_id, projectId: link.project_id, environment: link.environment },
      credentials:
        uid !== null && credentials["oauth_uid"] === undefined ? { ...credentials, oauth_uid: uid } : credentials,
      ...{ healthy: verdict?.healthy ?? true, error: verdict?.error ?? null },
      ...(times && { times }),
    });
    const action = link.account_id === null ? "account.connected" : "account.reconnected";
    const actor = { principal: principalOf(link), ip: connected.ip };
    await this.#options.audit.record(actor, [{ orgId, action, subject: accountId }]);
    const { name: appName } = await this.#options.apps.find(appId);
    return {
      kind: "connected",
      accountId,
      appName,
      name,
      warning: verdict?.error ?? null,
      successUrl: link.success_url,
    };
  }

  async #save(link: ConnectLink, account: ConnectedAccount): Promise<string> {
    await this.links.use(link);
    try {
      const accountId = await saveConnected(this.#options, account);
      if (accountId !== null) return accountId;
    } catch (error) {
      await this.links.giveBack(link);
      throw error;
    }
    throw new ConnectProblem("account_gone", PROBLEM_TEXTS.account_gone);
  }

  async #scopesOf(link: ConnectLink): Promise<readonly string[]> {
    const { auth } = await this.#options.providers.definitionOf(link.app_id);
    if (auth.type !== "oauth2" && auth.type !== "oauth1") return [];
    const identity = await this.#options.providers.findClient(link.org_id, {
      appId: link.app_id,
      oauthAppId: link.oauth_app_id,
    });
    return identity ? scopesFor(identity, auth.scopes ?? []) : [];
  }

  #problemOf(error: unknown, of: { link: ConnectLink; token: string; appName: string }): unknown {
    const { link, token, appName } = of;
    const isOpen = link.expires_at_ms > Date.now();
    const retryUrl = isOpen ? `${this.#options.publicUrl}/connect/${token}` : null;
    const options = { retryUrl, errorUrl: link.error_url, cause: error };
    if (error instanceof ProviderError) {
      const { code, text } = meaningOf(error, { appName, redirectUri: this.#options.providers.redirectUri });
      return new ConnectProblem(code, text, options);
    }
    if (!(error instanceof ApiError) || error.status >= 500) return error;
    const advice = "Ask whoever gave you the link to set the app up.";
    return new ConnectProblem("not_configured", { message: error.message, advice }, options);
  }
}

function scopesFor(
  identity: { scopes: readonly string[]; additionalScopes: readonly string[] },
  scopesOfApp: readonly string[],
): string[] {
  const base = identity.scopes.length > 0 ? identity.scopes : scopesOfApp;
  return [...new Set([...base, ...identity.additionalScopes])];
}

/** Whoever made the link answers for what is connected with it. */
function principalOf({ user_id: userId, actor, org_id }: ConnectLink): Principal {
  const scope = { orgIds: [org_id], roles: new Map() };
  if (userId === null) return { kind: "client", clientId: actor, scopes: [], ...scope };
  const credential = { kind: "session", id: "connect_link" } as const;
  return { kind: "user", userId, credential, keyOrgId: null, readOnly: false, ...scope };
}
