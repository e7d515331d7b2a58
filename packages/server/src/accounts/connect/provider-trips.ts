import type { JsonObject } from "@millrace/runner";
import { generateRandomCodeVerifier } from "oauth4webapi";
import { randomBase62 } from "../../core/index.ts";
import type { ProviderAccess } from "../oauth-apps/index.ts";
import { ProviderError } from "../providers/index.ts";
import { tokenColumns, tokenCredentials } from "../refresh/index.ts";
import { SIGNER_FIELD } from "../request-signer.ts";
import type { ConnectedAccount } from "../save-connected.ts";
import type { Attempt, ConnectAttempts } from "./connect-attempts.ts";
import type { ConnectLink } from "./connect-links.ts";
import { ConnectProblem, PROBLEM_TEXTS } from "./connect-problem.ts";

/** Who leaves for a provider, and with what. */
export interface Departure {
  token: string;
  fields: JsonObject;
  browserId: string;
}

/** Who comes back, and with what. */
export interface Arrival {
  link: ConnectLink;
  attempt: Attempt;
  query: URLSearchParams;
  state: string;
}

type Tokens = Pick<ConnectedAccount, "credentials" | "times">;

/** The browser's way to a provider's page and back. */
export class ProviderTrips {
  readonly #providers: ProviderAccess;
  readonly #attempts: ConnectAttempts;

  constructor(options: { providers: ProviderAccess; attempts: ConnectAttempts }) {
    this.#providers = options.providers;
    this.#attempts = options.attempts;
  }

  /** @returns where the browser goes. @throws ApiError 400, ProviderError */
  async leave(link: ConnectLink, departure: Departure): Promise<string> {
    const { auth } = await this.#providers.definitionOf(link.app_id);
    return auth.type === "oauth1" ? this.#leave1(link, departure) : this.#leave2(link, departure);
  }

  /** Turns what the browser brought into credentials. @throws ApiError 400, ProviderError */
  async arrive(arrival: Arrival): Promise<Tokens> {
    assertGranted(arrival.query);
    return arrival.attempt.requestToken ? this.#arrive1(arrival) : this.#arrive2(arrival);
  }

  async #leave2(link: ConnectLink, away: Departure): Promise<string> {
    const providers = this.#providers;
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

  async #leave1(link: ConnectLink, away: Departure): Promise<string> {
    const providers = this.#providers;
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

  async #arrive2({ link, attempt, query, state }: Arrival): Promise<Tokens> {
    const { orgId, oauthAppId, fields, verifier } = attempt;
    const provider = await this.#providers.oauth2(orgId, { appId: link.app_id, oauthAppId, fields });
    if (!provider) throw new ConnectProblem("link_unknown", PROBLEM_TEXTS.link_unknown);
    const { redirectUri } = this.#providers;
    const answer = await provider.client.exchange({ redirectUri, state, verifier, callback: query });
    const { auth, identity } = provider;
    const credentials = tokenCredentials({ auth, clientId: identity.clientId, answer, former: fields });
    return { credentials, times: { authorized_scopes: [...attempt.scopes], ...tokenColumns(answer, Date.now()) } };
  }

  async #arrive1({ link, attempt, query }: Arrival): Promise<Tokens> {
    const { orgId, oauthAppId, fields, requestToken, scopes } = attempt;
    const provider = await this.#providers.oauth1(orgId, { appId: link.app_id, oauthAppId, fields });
    if (!provider || !requestToken) throw new ConnectProblem("link_unknown", PROBLEM_TEXTS.link_unknown);
    const { token, whole } = await provider.client.accessToken(requestToken, query.get("oauth_verifier") ?? "");
    const uid = provider.auth.uid === undefined ? undefined : whole[provider.auth.uid];
    const credentials = {
      ...fields,
      ...{ oauth_access_token: token.key, oauth_refresh_token: token.secret, [SIGNER_FIELD]: "" },
      oauth_client_id: provider.identity.clientId,
      ...(uid !== undefined && { oauth_uid: uid }),
    };
    const times = { credentials_expire_at_ms: null, last_refreshed_at_ms: Date.now(), next_refresh_at_ms: null };
    return { credentials, times: { ...times, authorized_scopes: [...scopes] } };
  }
}

/** @throws ProviderError with the word of a provider that sent the browser back without a grant */
function assertGranted(query: URLSearchParams): void {
  const word = query.get("error") ?? (query.has("denied") ? "access_denied" : null);
  if (word === null) return;
  const description = query.get("error_description");
  const message = `the provider answered ${word.slice(0, 100)}${description ? `: ${description.slice(0, 300)}` : ""}`;
  throw new ProviderError("refused", { code: word, message });
}

/** What is asked for: what the client says, else the app, and what the client adds. */
export function scopesFor(
  identity: { scopes: readonly string[]; additionalScopes: readonly string[] },
  scopesOfApp: readonly string[],
): string[] {
  const base = identity.scopes.length > 0 ? identity.scopes : scopesOfApp;
  return [...new Set([...base, ...identity.additionalScopes])];
}
